"""Removes an entry from a feed document that must not change otherwise."""

import json

_ATOM = "{http://www.w3.org/2005/Atom}"


def without_entry(name: str, data: bytes, article: str) -> bytes:
    """Return the document `name` (`rss.xml`, `atom.xml`, `feed.json`) without the entry of the id `article`; otherwise unchanged."""
    if name == "feed.json":
        feed = json.loads(data)
        kept = [item for item in feed["items"] if item["id"] != article]
        if len(kept) == len(feed["items"]):
            return data
        return json.dumps({**feed, "items": kept}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    from lxml import etree

    root = etree.fromstring(data)
    entries = [(entry, entry.findtext(f"{_ATOM}id")) for entry in root.findall(f"{_ATOM}entry")]
    entries += [(item, item.findtext("guid")) for item in root.iter("item")]
    found = [entry for entry, id_ in entries if id_ == article]
    if not found:
        return data
    for entry in found:
        entry.getparent().remove(entry)
    made: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return made + b"\n"
