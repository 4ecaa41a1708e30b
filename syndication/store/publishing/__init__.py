"""The published folder: the shelves of articles, the manifest of files, and the documents that no longer change. Start at `shelves.py`."""
