"""Pages that are served, not published: ASGI apps whose route tables are values, one file a subject.

A page calls a flow and shows its result; `published/` serves files. `outermost` logs the requests of both apps, `server` runs them.
"""
