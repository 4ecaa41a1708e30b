"""The editor's decisions: preview, test mail, note, approve, hold, resume, discard, withdraw; and the operator's dry run.

Start at `editor.py`.
"""
