"""The schema of the first release: `store/tables/` as it was then, which `store/schema.py` creates in an empty store.

It keeps the number of the last of thirteen unreleased steps, so that a store made by commit dc478f0 opens unchanged. Later files only
add: a test upgrades a store of that commit (`tests/doors/store_of_dc478f0.sql`) and compares it with a new one.
"""

revision = "0013"
down_revision = None
