"""A folder of articles: Markdown with front matter, HTML, and pages saved as text."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from syndication.collect.folder.document import DocumentContext, read_document
from syndication.collect.folder.saved_page import is_saved_page, read_saved_page
from syndication.collect.local_images import LocalImages
from syndication.domain.article import ParsedArticle, Source
from syndication.domain.hotlist import HotList
from syndication.domain.publication import Publication
from syndication.errors import CollectError

__all__ = ["Reading", "read_folder"]


@dataclass(slots=True)
class Reading:
    """Fills up while a source is read. Each warning is one sentence that names what was refused and why."""

    articles: list[ParsedArticle] = field(default_factory=list)
    hot: list[HotList] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


MAX_BYTES = 10 * 2**20


_DOCUMENTS = frozenset({".md", ".markdown", ".html", ".htm"})


_PAGES = frozenset({".txt"})


_NAMED = 3  # how many files a counted warning names


_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_folder(source: Source, *, publication: Publication, media: Path) -> Reading:
    """Every article below `source.location`, in the order of the files' paths; local images go to `media`.

    What cannot be read is one warning with the file's name, and the others go on. Raises CollectError when the folder
    itself cannot be read.
    """
    root = Path(source.location).resolve()
    if not root.is_dir():
        raise CollectError(
            f"There is no folder {source.location}.", "Check the source's path; it is relative to the site."
        )
    reading = Reading()
    desk = DocumentContext(source, publication, LocalImages(root, media), root)
    strangers: list[str] = []
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        try:
            text = _text(path, root)
            if path.suffix.lower() in _PAGES:
                if is_saved_page(text):
                    _take_page(text, name, desk, reading)
                else:
                    strangers.append(name)
            else:
                reading.articles.extend(_document(text, path, name, desk, reading))
        except OSError as error:
            reading.warnings.append(f"{name} was not read: {error.strerror}.")
        except ValueError as error:
            reading.warnings.append(f"{name} was not read: {error}.")
    if strangers:
        more = "" if len(strangers) <= _NAMED else f" and {len(strangers) - _NAMED} more"
        reading.warnings.append(
            f"{len(strangers)} .txt not in the form of a saved page: {', '.join(strangers[:_NAMED])}{more}."
        )
    reading.warnings.extend(desk.images.warnings)
    return reading


def _files(root: Path) -> Iterator[Path]:
    """The files that could be articles, sorted by path; folders that are hidden or links are not entered."""

    def refuse(error: OSError) -> None:
        if error.filename == os.fspath(root):
            raise CollectError(
                f"The folder {root} cannot be read: {error.strerror}.", "Check its permissions."
            ) from None

    found: list[Path] = []
    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(
            Path(folder, name)
            for name in names
            if Path(name.lstrip(".")).suffix.lower() in _DOCUMENTS | _PAGES
        )
    yield from sorted(found, key=lambda path: path.relative_to(root).as_posix())


def _text(path: Path, root: Path) -> str:
    """The file's text. Raises ValueError when it is hidden, too large, elsewhere, or not text in UTF-8 or UTF-16."""
    if path.name.startswith("."):
        raise ValueError("it is a hidden file")
    if not path.resolve().is_relative_to(root):
        raise ValueError("it is a link to a file outside the source's folder")
    if path.stat().st_size > MAX_BYTES:
        raise ValueError("it is larger than 10 MB")
    data = path.read_bytes()
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not {encoding.removesuffix('-sig').upper()}") from None


def _take_page(text: str, name: str, desk: DocumentContext, reading: Reading) -> None:
    article, lines = read_saved_page(text, source=desk.source, publication=desk.publication, guid=name)
    reading.articles.append(article)
    if lines:
        reading.hot.append(HotList(desk.source.name, name, lines, article.published))


def _document(
    text: str, path: Path, name: str, desk: DocumentContext, reading: Reading
) -> Iterator[ParsedArticle]:
    article = read_document(text, path, desk)
    if article is None:
        reading.warnings.append(f"{name} was left out: it is a draft.")
    else:
        yield article
