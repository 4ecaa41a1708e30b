"""From bytes to clean text and HTML: character sets, sanitising, links, dates and word counts, for every kind of source."""
