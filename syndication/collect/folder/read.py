"""Read a folder of articles: Markdown with front matter, HTML, and pages saved as text."""

import os
from collections.abc import Iterator
from pathlib import Path

from syndication.collect.folder.document import DocumentContext, read_document
from syndication.collect.folder.saved_page import is_saved_page, read_saved_page
from syndication.collect.local_images import LocalImages
from syndication.collect.source_result import SourceResult
from syndication.domain.article import ParsedArticle, Source
from syndication.domain.hotlist import HotList
from syndication.domain.publication import Publication
from syndication.errors import CollectError

MAX_BYTES = 10 * 2**20
_DOCUMENTS = frozenset({".md", ".markdown", ".html", ".htm"})
_PAGES = frozenset({".txt"})
_NAMED = 3  # how many files a counted warning names
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_folder(source: Source, *, publication: Publication, media: Path) -> SourceResult:
    """Read every article below `source.location`, in the order of the files' paths; local images go to `media`.

    A file that cannot be read is a warning with its name, and does not stop the others. Raises CollectError for the
    folder itself.
    """
    root = Path(source.location).resolve()
    if not root.is_dir():
        raise CollectError(
            f"There is no folder {source.location}.", "Check the source's path; it is relative to the site."
        )
    context = DocumentContext(source, publication, LocalImages(root, media), root)
    articles: list[ParsedArticle] = []
    hot: list[HotList] = []
    warnings, other_texts = list[str](), list[str]()
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        try:
            text = _text(path, root)
            if path.suffix.lower() in _DOCUMENTS:
                if article := read_document(text, path, context):
                    articles.append(article)
                else:
                    warnings.append(f"{name} was left out: it is a draft.")
            elif is_saved_page(text):
                article, lines = read_saved_page(text, source=source, publication=publication, guid=name)
                articles.append(article)
                if lines:
                    hot.append(HotList(source.name, name, lines, article.published))
            else:
                other_texts.append(name)
        except (OSError, ValueError) as error:
            warnings.append(f"{name} was not read: {getattr(error, 'strerror', None) or error}.")
    return SourceResult(
        source,
        articles=tuple(articles),
        hot=tuple(hot),
        whole=True,
        warnings=(*warnings, *_not_saved_pages(other_texts), *context.images.warnings),
    )


def _not_saved_pages(names: list[str]) -> Iterator[str]:
    if names:
        more = "" if len(names) <= _NAMED else f" and {len(names) - _NAMED} more"
        yield f"{len(names)} .txt not in the form of a saved page: {', '.join(names[:_NAMED])}{more}."


def _files(root: Path) -> Iterator[Path]:
    """Yield the files that may be articles, sorted by path. Hidden folders and links to folders are not entered."""

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
    """Read the file. Raises ValueError when it is hidden, too large, outside `root`, or not text in UTF-8 or UTF-16."""
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
