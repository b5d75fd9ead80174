"""What a model writes, before anybody sees it: never its instructions' canary, and nothing that a browser would fetch
or run by itself."""

import re
from collections.abc import Mapping
from typing import Any

from agents.chat.canary import Canary, signs

LIVELY = re.compile(r"!(?=\[)|<(?=[A-Za-z/!?])")
"""The beginning of a Markdown image or of an HTML tag; a blank behind it makes either plain text."""

MOST_PENDING = 256
"""Characters that may wait to be decided."""


def calm(value: Any) -> Any:
    """Plain data in which no text makes a browser fetch or run anything."""
    if isinstance(value, str):
        return LIVELY.sub(r"\g<0> ", value)
    if isinstance(value, Mapping):
        return {name: calm(member) for name, member in value.items()}
    return [calm(member) for member in value] if isinstance(value, list) else value


class Outgoing:
    """Passes a text on piece by piece until its canary would show; `leaked` tells that it did, and nothing more comes.
    What may be the canary's beginning, or that of an image or a tag, is held back until it is decided."""

    def __init__(self, canary: Canary) -> None:
        self._forms = canary.forms
        self._beginnings = {form[:length] for form in canary.forms for length in range(1, len(form))}
        self._longest = max(map(len, self._beginnings))
        self._pending = ""
        self.leaked = False

    def feed(self, piece: str) -> str:
        """The text that is decided by now."""
        text: str = calm(self._pending + piece)
        plain = [(place, sign) for place, character in enumerate(text) for sign in signs(character)]
        written = "".join(sign for _, sign in plain)
        places = [place for form in self._forms if (place := written.find(form)) >= 0]
        if self.leaked or places:
            self.leaked, self._pending = True, ""
            return text[: plain[min(places)][0]] if places else ""
        keep = len(text) - text.endswith(("!", "<"))
        for length in range(min(self._longest, len(written)), 0, -1):
            if written[-length:] in self._beginnings:
                keep = max(plain[-length][0], keep - MOST_PENDING)
                break
        self._pending = text[keep:]
        return text[:keep]

    def end(self) -> str:
        """What was still held back."""
        text, self._pending = self._pending, ""
        return text
