"""`syndicate preview`: a page on this machine that shows an edition's mails, byte for byte, before they are sent.

Start at `app`, the routes. `guard` keeps other pages and other users out, `live_edition` holds the edition, `page` fills the template,
`frame` shows a mail as a mail program would, `export` writes the files of `--out`.
"""
