"""Frozen editions with their rankings and mailings, and the transaction that freezes one. Start at `freeze.py`."""
