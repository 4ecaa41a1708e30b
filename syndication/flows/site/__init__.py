"""The site itself: create one, examine it, and tell how it stands.

Start at `new_site.py`; `doctor.py` holds the checks and `status.py` the overview.
"""
