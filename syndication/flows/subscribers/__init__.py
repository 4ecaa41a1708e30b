"""The list: what the operator does (`operator.py`, `importing.py`) and what subscribers do themselves.

`double_opt_in.py` is the sign-up, `preferences.py` the page behind every mail's links.
"""
