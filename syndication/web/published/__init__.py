"""The published folder over HTTP: the files as they are, with the headers that feed readers, browsers and caches go by."""
