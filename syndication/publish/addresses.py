"""The public addresses of an article and its images."""

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from syndication.domain.article import Article, Image, ResolvedArticle
from syndication.domain.publication import Publication
from syndication.domain.published import article_path
from syndication.publish.characters import uri

_MEDIA = "media/"
# A start tag as an HTML serialiser writes it: attributes in double quotes. Text that looks like one has its "<" escaped.
_START_TAG = re.compile(r'<[a-zA-Z][a-zA-Z0-9-]*(?:\s+[^\s=>"]+(?:="[^"]*")?)*\s*/?>')
_ATTRIBUTE = re.compile(r'(?P<name>[^\s=>"]+)="(?P<value>[^"]*)"')
_ADDRESSES = frozenset({"src", "href", "poster", "cite", "data-src"})
_NO_URI = re.compile(
    r'(?:src|href|poster|cite)="[^"]*[^"!#-;=?-Z_a-z~]', re.IGNORECASE
)  # has what RFC 3986 §2 does not


def resolve(article: Article, publication: Publication) -> ResolvedArticle:
    """Return the article with absolute addresses that are URIs only: of its page, its image, and in its content.

    `media/NAME`, and the page of an article whose source gives no URL, are below `publication.feeds_url`. Resolving twice changes
    nothing.
    """
    base = publication.feeds_url
    image = article.image and resolve_image(article.image, publication)
    content = _with_media(_with_uris(article.content), lambda address: base + address)
    return ResolvedArticle(replace(article, url=page_url(article, publication), image=image, content=content))


def resolve_image(image: Image, publication: Publication) -> Image:
    """Return the image with an absolute address."""
    local = image.src.startswith(_MEDIA)
    return replace(image, src=publication.feeds_url + image.src) if local else image


def page_url(article: Article, publication: Publication) -> str:
    """Return where the article can be read: its URL, else that of the page we publish for it; empty if it has neither."""
    if article.url or not article.slug:
        return article.url
    return f"{publication.feeds_url}{article_path(quote(article.slug))}"


def local_images(article: Article) -> frozenset[str]:
    """Return the NAMEs of its `media/NAME`, in its content and as its image, for `Folder.copy_media`."""
    found: set[str] = set()
    if article.image and article.image.src.startswith(_MEDIA):
        found.add(article.image.src)

    def note(address: str) -> str:
        found.add(address)
        return address

    _with_media(article.content, note)
    return frozenset(address.removeprefix(_MEDIA) for address in found)


def _with_uris(content: str) -> str:
    """Return `content` with its addresses as `uri` writes them. Their characters that HTML escapes are those that a URI keeps."""

    def attribute(match: re.Match[str]) -> str:
        value = uri(match["value"]) if match["name"].lower() in _ADDRESSES else match["value"]
        return f'{match["name"]}="{value}"'

    if not _NO_URI.search(content):
        return content
    return _START_TAG.sub(
        lambda tag: _ATTRIBUTE.sub(attribute, tag[0]) if _NO_URI.search(tag[0]) else tag[0], content
    )


def _with_media(content: str, change: Callable[[str], str]) -> str:
    """Return `content` with `change` applied to every local address in an attribute; text is not changed."""

    def attribute(match: re.Match[str]) -> str:
        name, value = match["name"].lower(), match["value"]
        if name == "srcset":
            value = ",".join(_candidate(part, change) for part in value.split(","))
        elif name in _ADDRESSES and value.startswith(_MEDIA):
            value = change(value)
        return f'{match["name"]}="{value}"'

    if _MEDIA not in content:
        return content
    return _START_TAG.sub(lambda tag: _ATTRIBUTE.sub(attribute, tag[0]), content)


def _candidate(part: str, change: Callable[[str], str]) -> str:
    """Apply `change` to one image of a srcset: an address and, after a blank, its width or density."""
    address, blank, size = part.strip().partition(" ")
    if not address.startswith(_MEDIA):
        return part
    return part.replace(address + blank + size, change(address) + blank + size, 1)
