"""Pages that are served, not published: ASGI apps whose route tables are values, one file a page.

A page asks the flows and shows the answer. Each app says at its door who may come in; the preview lets in nobody but the person who
started it.
"""
