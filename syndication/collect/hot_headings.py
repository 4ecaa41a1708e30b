"""What newsrooms write above the list of what was read most."""

import re
import unicodedata

__all__ = ["is_heading"]

_LONGEST = 60  # characters: longer is a sentence
# Letters alone, without the spaces, marks and pictures between them: "Most-Read", "★ MOST  READ ★" and "Most read:" are one.
_HEADING = re.compile(
    r"weeklyhot|hot(?:this)?week|hotarticles|hotnews"
    r"|(?:the|our|this)?(?:weeks?|months?|todays?)?most(?:read|viewed|popular|clicked|visited|shared)"
    r"(?:articles?|stor(?:y|ies)|news|posts|pages)?(?:(?:of)?(?:today|now|(?:the|this)(?:week|month)|weekly|daily))?"
    r"|popular(?:articles|stories|posts|news|reads|now|today|(?:this)?week)|trending(?:now|stories|articles|news|today|(?:this)?week)?"
    r"|(?:주간|일간|월간|오늘|오늘의|금주의|이주의|실시간|지금)?(?:가장|제일)?많이(?:본|읽은|본순|보는)(?:기사|뉴스|글)?"
    r"|(?:주간|일간|월간|오늘의|금주의|이주의|실시간|최신)인기(?:기사|뉴스|글)?|인기(?:기사|뉴스|글)"
    r"|(?:주간|실시간|오늘의)?(?:베스트|랭킹)(?:기사|뉴스)"
)
_MORE = re.compile(
    r"(?:seeall|seemore|viewall|more|더보기|전체보기)$"
)  # a link that stands beside the heading


def is_heading(text: str) -> bool:
    """Whether `text` is nothing but such a heading, in English or Korean, whatever its case, spaces and punctuation."""
    if len(text) > _LONGEST:
        return False
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join(character for character in folded if character.isalpha())
    return bool(_HEADING.fullmatch(letters) or _HEADING.fullmatch(_MORE.sub("", letters)))
