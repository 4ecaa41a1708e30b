"""The use cases, top to bottom: the only place where I/O and logic meet.

Start at `weekly.py`, the story of one run; the flow of each stage is in a folder beside it. Flows get everything they need in an `App`
(`app.py`), which only `syndication.wiring.app` constructs.
"""
