"""What every table of the configuration shares."""

from pydantic import BaseModel, ConfigDict

__all__ = ["Table"]


class Table(BaseModel):
    """What all tables share: unknown keys are refused, nothing changes after loading, errors quote no value."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
