"""The keys of `[hot]`: where the week's ranked list comes from (`docs/reference/configuration.md`)."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from syndication.domain.hot_account import HotKind
from syndication.settings.forms import Flag, MaybeLine, MaybePageUrl, MaybePath, Mistake, Whole
from syndication.settings.table import Table

__all__ = ["Hot", "HotFields"]

_EXAMPLES = {
    HotKind.PAGE: ("url", 'url = "https://news.example/"'),
    HotKind.LOG: ("path", 'path = "/var/log/nginx/access.log*"'),
    HotKind.FILE: ("path", 'path = "hot/{week}.csv"'),
}
_BELONGS = {
    "path": (HotKind.LOG, HotKind.FILE),
    "url": (HotKind.PAGE,),
    "selector": (HotKind.PAGE,),
    "allow_private": (HotKind.PAGE,),
}


class HotFields(Table):
    """How a log of JSON lines calls what is asked of it; dots between nested keys, empty: the usual names."""

    address: MaybeLine = ""
    agent: MaybeLine = ""
    time: MaybeLine = ""
    request: MaybeLine = ""
    method: MaybeLine = ""
    path: MaybeLine = ""
    status: MaybeLine = ""
    host: MaybeLine = ""
    purpose: MaybeLine = ""


class Hot(Table):
    """Where the week's ranked list comes from; `path` may hold `{week}`, and for a log `*`."""

    kind: HotKind = HotKind.SOURCE
    path: MaybePath = None
    url: MaybePageUrl = ""
    selector: MaybeLine = ""
    allow_private: Flag = False
    limit: Whole = Field(default=6, ge=1, le=100)
    fields: HotFields = HotFields()

    @field_validator("kind", mode="before")
    @classmethod
    def _kind_is_known(cls, value: object) -> object:
        if value not in tuple(HotKind):
            names = ", ".join(f'"{kind}"' for kind in HotKind)
            raise Mistake("is not a kind of hot list", f"Use one of {names}.")
        return value

    @field_validator("selector")
    @classmethod
    def _is_a_selector(cls, value: str) -> str:
        from cssselect import SelectorError, parse

        try:
            parse(value or "*")
        except SelectorError:
            raise Mistake("is not a CSS selector", 'Write one like "ol.most-read".') from None
        return value

    @model_validator(mode="after")
    def _keys_fit_the_kind(self) -> Self:
        if self.kind in _EXAMPLES:
            key, example = _EXAMPLES[self.kind]
            if not getattr(self, key):
                raise Mistake("is missing", f'kind = "{self.kind}" needs it: {example}.', (key,))
        for key, kinds in _BELONGS.items():
            if getattr(self, key) and self.kind not in kinds:
                fitting = " or ".join(f'kind = "{kind}"' for kind in kinds)
                raise Mistake(
                    f'has no effect with kind = "{self.kind}"', f"Write {fitting}, or remove {key}.", (key,)
                )
        if self.fields != HotFields() and self.kind is not HotKind.LOG:
            raise Mistake(
                f'has no effect with kind = "{self.kind}"', "Remove the table [hot.fields].", ("fields",)
            )
        return self
