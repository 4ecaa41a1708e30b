"""The ledger: every delivery, its state, and which process may send it next.

Start at `ledger.py`; `claims.py` hands out batches, `steps.py` records the result of each delivery.
"""
