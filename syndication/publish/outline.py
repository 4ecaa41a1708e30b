"""OPML 2.0 (http://opml.org/spec2.opml) of all feeds, for feed readers that import a list."""

from collections.abc import Sequence
from dataclasses import dataclass

from syndication.publish.channel import Channel
from syndication.publish.characters import printable


@dataclass(frozen=True, slots=True)
class OutlineGroup:
    """Feeds under a heading; an empty title means no heading."""

    title: str
    channels: tuple[Channel, ...]


def outline(title: str, groups: Sequence[OutlineGroup]) -> bytes:
    """List every channel once, by its RSS file. It has no date: the same feeds give the same bytes."""
    from lxml import etree

    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = printable(title)
    body = etree.SubElement(root, "body")
    for group in groups:
        if not group.channels:
            continue
        name = printable(group.title)
        parent = etree.SubElement(body, "outline", text=name) if name else body
        for channel in group.channels:
            shown = printable(channel.title)
            etree.SubElement(
                parent,
                "outline",
                type="rss",
                text=shown,
                title=shown,
                xmlUrl=channel.url_base + "rss.xml",
                htmlUrl=channel.home,
                language=channel.language,
                version="RSS2",
            )
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return data
