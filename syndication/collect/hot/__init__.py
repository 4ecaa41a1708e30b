"""Read existing ranked lists: of a web page, of a file, or in lines of text.

The list that is counted from an access log is in `collect/access_log/`.
"""
