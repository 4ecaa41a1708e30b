"""Where migrations start: the schema of stores made by commit dc478f0. An empty store gets today's tables from `store/schema.py`.

It has the number of the last of thirteen unreleased steps, so that such a store opens unchanged. Later files only add: a test
upgrades a store of that commit (`tests/doors/store_of_dc478f0.sql`) and compares it with a new one.
"""

revision = "0013"
down_revision = None
