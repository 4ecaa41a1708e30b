"""What comes back: the doors by which bounces and complaints come in (Maildir, mbox, IMAP), and what a message says.

Reading a message is pure and bounded, because anybody can send one. Whom it is about, and whether that is true, is not asked here.
"""
