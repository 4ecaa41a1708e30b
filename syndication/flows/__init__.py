"""The use cases, top to bottom: here the rooms meet.

Start at `weekly.py`, the story of one run; each stage has its folder. Flows get everything they need in an `App`
(`app.py`), which only `syndication.wiring.app` constructs.
"""
