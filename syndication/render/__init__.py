"""Editions become mails and web pages.

A digest is compiled once for each edition and language (Jinja, then MJML, then HTML, with a text twin of its own); what differs
between subscribers stays open as tokens (`syndication.domain.variant`) and is merged in by the sender. Templates are the user's:
whatever is wrong in one is reported with its file and line. The door is `renderer.Renderer`.
"""
