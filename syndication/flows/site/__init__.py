"""The site itself: create it (`new_site.py`), check it (`doctor.py`) and show its state (`status.py`)."""
