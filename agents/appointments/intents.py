"""What a message wants of appointments: to book, move, cancel or list them, or only to know how that works. Pure.

The file beside this module holds the phrases.
"""

import re
import tomllib
from pathlib import Path
from typing import Literal

Intent = Literal["book", "move", "cancel", "list"]

BY_ACT: dict[str, Intent] = {"book": "book", "move": "move", "cancel": "cancel", "appointments": "list"}
"""What a message wants by its act, where its words alone do not tell."""
LONGEST = 2000
"""Characters that are looked at."""
_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey|good (?:morning|afternoon|evening)|ok|okay|oh|hm+|yes|yeah|well|so|then|right|great|thanks"
    r"|actually|sorry|of course)[\s,.!]+)+"
)


def intent(text: str) -> Intent | None:
    """What the customer wants done; None where nothing is to be done, as in "how do I book?"."""
    said = plain(text)
    if _PHRASES["other"].search(said):
        return None
    if _PHRASES["list"].search(said):
        return "list"
    if _PHRASES["about"].search(said):
        return None
    if _PHRASES["cancel"].search(said):
        return "cancel"
    if _PHRASES["move"].search(said):
        return "move"
    return "book" if _PHRASES["book"].search(said) and not _PHRASES["past"].search(said) else None


def asks_about(text: str) -> bool:
    """Whether the customer only wants to know something."""
    return bool(_PHRASES["about"].search(plain(text)))


def stops(text: str) -> bool:
    """Whether the customer lets it be: "never mind"."""
    return bool(_PHRASES["stop"].match(plain(text)))


def plain(text: str) -> str:
    """In lower case, on one line, without apostrophes and without a greeting."""
    said = re.sub(r"(?<=\w)['’ʼ`](?=\w)", "", text[:LONGEST].casefold())
    said = " ".join(re.sub(r"[^\w\s.,!?;:\-]", " ", said).split())
    return _GREETING.sub("", said).strip(" .,!?;:")


def _phrases() -> dict[str, re.Pattern[str]]:
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        table = tomllib.load(file)
    words: dict[str, str] = table.pop("words")

    def pattern(line: str) -> str:
        while (named := re.sub(r"(THE_VISIT|VISIT|CAR|WISH|DAY)", lambda found: words[found[1].lower()], line)) != line:
            line = named
        return line

    return {kind: re.compile("|".join(map(pattern, lines))) for kind, lines in table.items()}


_PHRASES = _phrases()
