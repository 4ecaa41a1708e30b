"""Editions become mails and web pages.

A digest is compiled once for each edition and language (Jinja, then MJML, then HTML, and a plain text beside it). What differs between
recipients is left as tokens (`syndication.domain.variant`), which the sender fills. Templates belong to the site: a mistake in one is
reported with its file and line. The entrance is `renderer.Renderer`.
"""
