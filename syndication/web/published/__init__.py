"""The published folder over HTTP: the files, with the headers that feed readers, browsers and caches use."""
