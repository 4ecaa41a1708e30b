"""The week's decisions, pure: which articles are in an edition, which list counts, what stands where.

Articles, lists and instants go in, an `Edition` and the reasons for what is not in it come out. Nothing here does I/O or reads a clock,
so every rule of membership can be tried over any year in a moment (`tests/unit/test_compose_membership.py`).
"""
