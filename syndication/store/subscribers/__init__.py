"""The list of subscribers: adding, double opt-in, preferences, bounces, and the suppression list. Start at `subscribers.py`."""
