"""The pace of an answer, read from the model's name.

script-200tok-20ms-ttft300-burst8     200 pieces, 20 ms apart, the first after 300 ms, 8 in each write
"""

import re
from dataclasses import dataclass

WORDS = re.findall(
    r"\w+",
    "the engine delivers its power through a compact drive unit and the workshop will gladly check the level "
    "of the fluid at every yearly service of the model that you asked about today",
)


@dataclass(frozen=True)
class Script:
    """`pieces`: how many words to say, None to answer from the prompt. Times are in seconds."""

    pieces: int | None = None
    gap: float = 0.0
    first: float = 0.0
    burst: int = 1
    calls_tool: bool = False

    def words(self) -> list[str]:
        """The scripted text, piece by piece."""
        return [WORDS[index % len(WORDS)] + " " for index in range(self.pieces or 0)]


def parse_script(model: str) -> Script:
    """The pace that a name asks for; a name without one answers from the prompt at once."""

    def number(pattern: str) -> float | None:
        found = re.search(pattern, model)
        return float(found[1]) if found else None

    pieces = number(r"-(\d+)tok\b")
    return Script(
        pieces=None if pieces is None else int(pieces),
        gap=(number(r"-([\d.]+)ms\b") or 0.0) / 1000,
        first=(number(r"-ttft([\d.]+)") or 0.0) / 1000,
        burst=max(1, int(number(r"-burst(\d+)") or 1)),
        calls_tool=model.endswith("-tool"),
    )
