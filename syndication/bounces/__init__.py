"""Read bounces and complaints: the mailboxes they arrive in (Maildir, mbox, IMAP), and the verdict on a message.

Reading a message is pure and bounded, because anybody can send one. Which subscriber it is about, and whether it is
genuine, is decided in `flows/bounces/`. Start at `verdict.py`.
"""
