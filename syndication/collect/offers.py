"""What `site_survey.py` found at a site's address: values only, so that a command that names them loads no parser."""

from dataclasses import dataclass

from syndication.domain.article import SourceKind


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to collect a site. `said` describes its content; `full`: whole articles, not only their beginnings."""

    kind: SourceKind
    url: str
    said: str
    full: bool = True


@dataclass(frozen=True, slots=True)
class SiteOffers:
    """A site and the ways to collect it, the best first. `url` is its front page; an empty `timezone` is unknown."""

    url: str
    title: str
    language: str = ""
    timezone: str = ""
    logo: str = ""
    offers: tuple[Offer, ...] = ()
