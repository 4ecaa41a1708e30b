"""Deliver a frozen mailing: claim batches, send them within limits, in one process or several, and retry what is due.

Start at `deliver.py`; one batch is `batch.py`.
"""
