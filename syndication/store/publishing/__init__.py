"""What the published folder holds: shelves of articles, files written, and items kept ready for feeds."""
