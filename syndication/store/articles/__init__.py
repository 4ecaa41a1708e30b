"""What is stored of sources, fetched pages and articles."""
