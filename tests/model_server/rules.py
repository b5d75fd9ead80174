"""A model that does what it reads: rules that say which words in its messages make it say and call what.

Set by `POST /rules {"rules": [{"when": "order 17", "turns": [{"say": "…", "calls": [{"name": "…"}]}]}]}`, where a call
may have `arguments`.
The first rule counts whose `when` stands in any message, whoever wrote it. It takes the next of its `turns` each time
it is asked again with results of tools, then answers as it would without a rule; with `loop` the last turn again and
again. `arguments` that are a text are sent as they stand; `split` is the size of their pieces in a stream; `finish` is
another finish reason than the right one.

In what it says and calls, `{system}` is its instructions, `{secret}` the first long hexadecimal number in them,
`{tool}` what the last tool said, `{a*1000}` a thousand times `a`; `{system|base64}` and its like are encoded.
`{tool|start}` and `{tool|last}` are the first and the last time in what it said, `{tool|id}` the first appointment.
"""

import base64
import codecs
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.model_server.reading import text_of

BLANK = re.compile(r"\{(system|secret|tool)(?:\|(\w+))?\}|\{(.)\*(\d+)\}")
START = re.compile(r'"starts_at":"([^"]+)"')
ID = re.compile(r'"appointment_id":"([^"]+)"')
SECRET = re.compile(r"\b[0-9a-f]{16,}\b")
ENCODINGS: dict[str, Callable[[str], str]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "backwards": lambda text: text[::-1],
    "upper": str.upper,
    "spaced": " ".join,
    "dashed": "-".join,
    "bold": "****".join,
    "invisible": "\u200b".join,
    "start": lambda text: (START.findall(text) or [""])[0],
    "last": lambda text: (START.findall(text) or [""])[-1],
    "id": lambda text: (ID.findall(text) or [""])[0],
    "wide": lambda text: "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text),
}


@dataclass(frozen=True)
class Wanted:
    """A call of a tool, its arguments as they are written."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Turn:
    """One answer: text, then calls."""

    say: str
    calls: tuple[Wanted, ...]
    split: int
    finish: str | None


class Rules:
    """The rules that are in force. Raises KeyError and TypeError for one that is none."""

    def __init__(self, rules: Sequence[Mapping[str, Any]] = ()) -> None:
        self._rules = [(str(rule["when"]), list(rule["turns"]), bool(rule.get("loop"))) for rule in rules]

    def due(self, body: Mapping[str, Any]) -> Turn | None:
        """The turn for a request; None where it is to be answered as without rules, which schemas always are."""
        if body.get("response_format") or body.get("tool_choice"):
            return None
        messages: list[dict[str, Any]] = list(body.get("messages", []))
        texts = [text_of(message.get("content")) for message in messages]
        asked = max((place for place, one in enumerate(messages) if one.get("role") == "user"), default=0)
        rounds = sum(message.get("role") == "assistant" for message in messages[asked:])
        for when, turns, loop in self._rules:
            if any(when in text for text in texts):
                if rounds >= len(turns) and not loop:
                    return None
                return _turn(turns[min(rounds, len(turns) - 1)], messages)
        return None


def _turn(turn: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> Turn:
    calls = tuple(
        Wanted(str(call["name"]), _written(call.get("arguments", {}), messages)) for call in turn.get("calls", ())
    )
    return Turn(_filled(turn.get("say", ""), messages), calls, int(turn.get("split", 0)), turn.get("finish"))


def _written(arguments: Any, messages: Sequence[Mapping[str, Any]]) -> str:
    if isinstance(arguments, str):
        return _filled(arguments, messages)
    return json.dumps(_each(arguments, messages))


def _each(value: Any, messages: Sequence[Mapping[str, Any]]) -> Any:
    if isinstance(value, dict):
        return {name: _each(one, messages) for name, one in value.items()}
    if isinstance(value, list):
        return [_each(one, messages) for one in value]
    return _filled(value, messages) if isinstance(value, str) else value


def _filled(text: str, messages: Sequence[Mapping[str, Any]]) -> str:
    def blank(found: re.Match[str]) -> str:
        name, encoding, letter, times = found.groups()
        if letter:
            return str(letter) * int(times)
        role = "tool" if name == "tool" else "system"
        texts = [text_of(message.get("content")) for message in messages if message.get("role") == role]
        written = (texts or [""])[-1]
        if name == "secret":
            written = secret[0] if (secret := SECRET.search(written)) else ""
        return ENCODINGS[encoding](written) if encoding else written

    return BLANK.sub(blank, text)
