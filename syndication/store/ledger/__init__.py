"""The ledger: every delivery, its state, and who may send it next.

Start at `ledger.py`; `claims.py` hands out batches, `steps.py` records what happened to each delivery.
"""
