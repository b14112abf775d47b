"""What every group of scenario keys shares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A group of keys: nothing unknown, nothing converted in silence, nothing infinite."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def contradiction(key: str, message: str, message_ja: str) -> ValueError:
    """Return the error of values that contradict each other; `explain` takes it apart again."""
    return ValueError(f"{key}|{message}|{message_ja}")
