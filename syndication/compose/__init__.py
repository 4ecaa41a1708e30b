"""The decisions of a week, pure: which articles are in an edition, which hot list it uses, and how both are arranged.

Start at `membership.py`, then `edition.py`. Articles, lists and times go in; an `Edition`, and the reasons for what is not in it, come out. Nothing here does I/O or reads a clock, so
each rule can be tested over whole years in a moment (`tests/unit/test_compose_membership.py`).
"""
