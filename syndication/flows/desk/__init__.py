"""What an editor does between the draft and the mail: preview, test mail, note, approve, hold, discard, withdraw.

Start at `editor.py`.
"""
