"""What `pitcrew doctor` says of one part."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one part; `fix` is what to do where it is not ok."""

    part: str
    state: Literal["ok", "warn", "fail"]
    message: str
    fix: str = ""
