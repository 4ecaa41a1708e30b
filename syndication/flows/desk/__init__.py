"""The editor's decisions between draft and mail: preview, test mail, note, approve, hold, discard, withdraw.

Start at `editor.py`.
"""
