"""The use cases, top to bottom: the only place where I/O and logic meet.

Start at `weekly.py`, the story of one run; each stage's own flow stands beside it. Flows get everything they need in an `App`
(`app.py`), which only `syndication.wiring.app` constructs.
"""
