"""The tags and attributes of MJML 4 that mrml knows (https://documentation.mjml.io). It ignores any other silently."""

_EACH = "css-class mj-class"
_PADDING = "padding padding-top padding-right padding-bottom padding-left"
_INNER = "inner-padding"
_BORDER = "border border-top border-right border-bottom border-left border-radius"
_BACKGROUND = "background-color background-url background-repeat background-size background-position background-position-x background-position-y"
_FONT = "color font-family font-size font-style font-weight letter-spacing line-height text-decoration text-transform text-align"
_LINK = "href rel target title name"

_WORDS = {
    "mjml": "lang dir owa",
    "mj-head": "",
    "mj-title": "",
    "mj-preview": "",
    "mj-style": "inline",
    "mj-font": "name href",
    "mj-breakpoint": "width",
    "mj-attributes": "",
    "mj-class": "name",
    "mj-all": "",
    "mj-include": "path type",
    "mj-body": "background-color width css-class id",
    "mj-raw": "position",
    "mj-wrapper": f"{_BACKGROUND} {_BORDER} {_PADDING} full-width text-align direction",
    "mj-section": f"{_BACKGROUND} {_BORDER} {_PADDING} direction full-width text-align",
    "mj-group": "background-color direction vertical-align width",
    "mj-column": f"background-color inner-background-color {_BORDER} inner-border inner-border-radius {_PADDING} vertical-align width direction",
    "mj-text": f"{_FONT} {_PADDING} align container-background-color height direction",
    "mj-button": f"{_FONT} {_PADDING} {_INNER} {_BORDER} {_LINK} align background-color container-background-color height vertical-align width",
    "mj-image": f"{_PADDING} {_BORDER} {_LINK} align alt src srcset sizes width height container-background-color fluid-on-mobile font-size usemap max-height",
    "mj-divider": f"{_PADDING} align border-color border-style border-width container-background-color width",
    "mj-spacer": f"{_PADDING} height container-background-color vertical-align width",
    "mj-table": f"{_FONT} {_PADDING} align border cellpadding cellspacing container-background-color table-layout width role",
    "mj-hero": f"{_PADDING} background-color background-height background-position background-url background-width border-radius height"
    " inner-background-color inner-padding mode vertical-align width",
    "mj-social": f"{_FONT} {_PADDING} {_INNER} align border-radius container-background-color icon-height icon-padding icon-size mode table-layout text-padding",
    "mj-social-element": f"{_FONT} {_PADDING} {_LINK} align alt background-color border-radius icon-height icon-padding icon-size src srcset sizes"
    " text-padding vertical-align",
    "mj-navbar": "align base-url hamburger ico-align ico-close ico-color ico-font-family ico-font-size ico-line-height ico-open ico-padding",
    "mj-navbar-link": f"{_FONT} {_PADDING} {_LINK}",
}

ATTRIBUTES: dict[str, frozenset[str]] = {
    tag: frozenset(f"{words} {_EACH if tag.startswith('mj-') else ''}".split())
    for tag, words in _WORDS.items()
}

_CONTENT = frozenset({"mj-column", "mj-hero", "mj-attributes"})
_HEAD = frozenset({"mj-head"})

# The allowed parents of a tag; a tag that is not listed may be anywhere.
PARENTS: dict[str, frozenset[str]] = {
    "mj-head": frozenset({"mjml"}),
    "mj-body": frozenset({"mjml"}),
    "mj-wrapper": frozenset({"mj-body", "mj-attributes"}),
    "mj-section": frozenset({"mj-body", "mj-wrapper", "mj-attributes"}),
    "mj-hero": frozenset({"mj-body", "mj-wrapper", "mj-attributes"}),
    "mj-group": frozenset({"mj-section", "mj-attributes"}),
    "mj-column": frozenset({"mj-section", "mj-group", "mj-attributes"}),
    **dict.fromkeys(
        ("mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table", "mj-social", "mj-navbar"),
        _CONTENT,
    ),
    **dict.fromkeys(
        ("mj-title", "mj-preview", "mj-style", "mj-font", "mj-breakpoint", "mj-attributes"), _HEAD
    ),
}
