"""The shelves of an article. (The labels of templates are in `render/labels.py`.)"""

from syndication.domain.article import Article
from syndication.domain.published import Label, ShelfKind
from syndication.publish.characters import names, printable

_AUTHORS, _TAGS = 20, 50  # of one article, so that it cannot flood the folder


def labels(article: Article) -> tuple[Label, ...]:
    """Return its section, its authors without e-mail addresses, and its tags."""
    found = [
        Label(ShelfKind.SECTION, printable(article.section)),
        *(Label(ShelfKind.AUTHOR, name) for name in names(article.authors[:_AUTHORS])),
        *(Label(ShelfKind.TAG, printable(tag)) for tag in article.tags[:_TAGS]),
    ]
    return tuple(label for label in found if label.name.strip())
