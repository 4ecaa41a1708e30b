"""The look of a feed in a browser, for people who followed its link: what a feed is, and its latest entries."""

STYLESHEET = "feed.css"

FEED_CSS = b"""\
@namespace atom url(http://www.w3.org/2005/Atom);
@namespace content url(http://purl.org/rss/1.0/modules/content/);
@namespace dc url(http://purl.org/dc/elements/1.1/);
@namespace media url(http://search.yahoo.com/mrss/);
:root { color-scheme: light dark; display: block; max-width: 42rem; margin: 2rem auto; padding: 0 1rem;
  font: 100%/1.5 system-ui, sans-serif; color: CanvasText; background: Canvas; }
:root::before { content: "This is a feed. Copy its address into a feed reader to follow it."; display: block;
  padding: .6rem .9rem; margin-bottom: 1.5rem; border: 1px solid; border-radius: .4rem; }
channel, item, *|entry, title, description, atom|title, atom|summary, pubDate, atom|published { display: block; }
channel > title, atom|feed > atom|title { font-size: 1.8rem; font-weight: 700; line-height: 1.2; }
item, atom|entry { margin-top: 1.4rem; padding-top: 1.2rem; border-top: 1px solid; }
item > title, atom|entry > atom|title { font-size: 1.2rem; font-weight: 600; }
item > link { display: block; font-size: .85rem; overflow-wrap: anywhere; }
pubDate, atom|published, dc|creator, atom|entry > atom|author { font-size: .85rem; opacity: .8; }
dc|creator { margin-right: .6rem; }
channel > link, channel > description, channel > ttl, channel > language, channel > generator, channel > docs, channel > lastBuildDate, channel > image, guid, category,
content|encoded, atom|content, atom|id, atom|updated, atom|link, atom|generator, atom|icon, atom|category, atom|feed > atom|author,
atom|feed > atom|subtitle, atom|source, item > source, media|content, media|thumbnail, dc|language { display: none; }
"""
