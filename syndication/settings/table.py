"""What every table of the configuration shares."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from syndication.settings.forms import Mistake

__all__ = ["Table", "later"]

_T = TypeVar("_T")


class Table(BaseModel):
    """What all tables share: unknown keys are refused, nothing changes after loading, errors quote no value."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def later(value: _T) -> _T:
    """A key whose part of the machine is still to come: better refused than believed."""
    if value:
        raise Mistake("is not available in this version", "Leave it out.")
    return value
