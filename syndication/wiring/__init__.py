"""Turn the settings into a working `App`. Only this room builds adapters, and only it has the real clock, ids and randomness.

Start at `app.py`.
"""
