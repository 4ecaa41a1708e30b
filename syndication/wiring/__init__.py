"""From settings to a working `App`: the only room that constructs adapters, and the only one with the real clock, ids and randomness.

Start at `app.py`.
"""
