"""Delivery reports (RFC 3464): a group of fields for each recipient."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["RecipientReport", "groups"]

_WORDS = 2_000  # characters
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,40})[ \t]*:[ \t]*(.*)")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What is said about one recipient. `status` is empty when there is none; `words` are the server's, on one line."""

    action: str
    status: str
    words: str


def groups(text: str) -> Iterator[RecipientReport]:
    """The groups of a report, or of a text that has such fields somewhere."""
    for block in re.split(r"\n[ \t]*\n", text):
        fields = _fields(block)
        if "action" in fields or ("status" in fields and _STATUS.search(fields["status"])):
            yield _group(fields)


def _fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line[:1] in {" ", "\t"} and name:
            fields[name] = f"{fields[name]} {line.strip()}"[:_WORDS]
        elif match := _FIELD.match(line.strip()):
            name = match[1].casefold()
            fields.setdefault(name, match[2].strip()[:_WORDS])
        else:
            name = ""
    return fields


def _group(fields: dict[str, str]) -> RecipientReport:
    status = _STATUS.search(fields.get("status", ""))
    words = re.sub(r"^\s*[\w-]+\s*;\s*", "", fields.get("diagnostic-code", "")[:_WORDS])  # "smtp;"
    return RecipientReport(
        action=fields.get("action", "").split(";")[0].split("(")[0].strip().casefold(),
        status=".".join(status.groups()) if status else "",
        words=" ".join(words.split()),
    )
