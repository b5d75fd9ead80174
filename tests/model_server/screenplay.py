"""A model that plays the dialogues it was given: what it says and calls is keyed on what it is really sent.

Set by `POST /screenplay {"dialogues": [{"id", "turns": [{"say", "model": [{…}, …]}]}]}`. A request is found by its
question and the customer's lines before it; its place in `model` by how often the model has spoken since. An entry is
`{"sent": [texts], "say": "…", "calls": [{"name", "arguments"}]}`: every text of `sent` must stand in what is new in
the request (first the customer's message with its passages, later what the tools returned). An entry's `asked` is
the question where it is not the customer's line, as with each part of a message that asks several things: only the
entries with the same `asked` count together. A request that no entry is for, or whose texts are missing, is refused
with status 400.

In `say` and `arguments`, `{result:/appointments/0/id}` is what a tool returned at that JSON pointer.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.model_server.reading import text_of
from tests.model_server.rules import Turn, Wanted

QUESTION = re.compile(r"Question: (.*)\Z", re.DOTALL)
POINTER = re.compile(r"\{result:((?:/[^/{}]+)+)\}")


class Unexpected(ValueError):
    """A request that the screenplay has nothing for; the message says why."""


class Screenplay:
    """The dialogues that are played."""

    def __init__(self, dialogues: Sequence[Mapping[str, Any]] = ()) -> None:
        self._dialogues = list(dialogues)

    def due(self, body: Mapping[str, Any]) -> Turn | None:
        """What to say and call; None where nothing is played, and for schemas. Raises Unexpected."""
        if not self._dialogues or body.get("response_format") or body.get("tool_choice"):
            return None
        messages: list[dict[str, Any]] = list(body.get("messages", []))
        asked_at = max((at for at, one in enumerate(messages) if one.get("role") == "user"), default=0)
        found = QUESTION.search(text_of(messages[asked_at].get("content")))
        question = " ".join((found[1] if found else "").split("\n\nFound out so far:")[0].split())
        lines = [_plain(text_of(one.get("content"))) for one in messages[:asked_at] if one.get("role") == "user"]
        name, entries = self._entries(question, lines)
        spoken = sum(one.get("role") == "assistant" for one in messages[asked_at:])
        if spoken >= len(entries):
            raise Unexpected(f"{name}: {question!r} is asked for the time {spoken + 1}, of {len(entries)}")
        new = messages[asked_at:] if not spoken else _after_last_words(messages)
        return _played(name, entries[spoken], [text_of(one.get("content")) for one in new])

    def _entries(self, question: str, lines: Sequence[str]) -> tuple[str, Sequence[Mapping[str, Any]]]:
        for dialogue in self._dialogues:
            said: list[str] = []
            for turn in dialogue["turns"]:
                line = str(turn.get("say") or ("Yes" if turn.get("answer") else "No"))
                if turn.get("edit") and said:
                    said.pop()
                meant = [one for one in turn.get("model") or () if _asks(question, one.get("asked", line))]
                if (meant or _asks(question, line)) and _ends(said, lines):
                    return str(dialogue["id"]), meant
                said.append(_plain(line))
        raise Unexpected(f"no dialogue has {question!r} after {list(lines)!r}")


def _ends(said: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether `lines` are the last of what was said; a prompt has room for some of the last ones only."""
    return list(said[len(said) - len(lines) :]) == list(lines) if lines else not said


def _asks(question: str, line: str) -> bool:
    """Whether it is the line, as it is or with what was added in brackets to make it stand alone."""
    asked, said = _plain(question), _plain(line)
    return asked == said or asked.startswith(f"{said} (")


def _plain(text: str) -> str:
    return " ".join(text.split())[:600]


def _after_last_words(messages: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    last = max(at for at, one in enumerate(messages) if one.get("role") == "assistant")
    return messages[last + 1 :]


def _played(name: str, entry: Mapping[str, Any], new: Sequence[str]) -> Turn:
    whole = "\n".join(new)
    missing = [text for text in entry.get("sent", ()) if text not in whole]
    if missing:
        raise Unexpected(f"{name}: {missing} was not sent in {whole[:2000]!r}")
    results = [json.loads(text) for text in new if text.startswith("{")]
    calls = tuple(
        Wanted(str(call["name"]), json.dumps(_filled(call.get("arguments", {}), results)))
        for call in entry.get("calls", ())
    )
    return Turn(_filled(str(entry.get("say", "")), results), calls, 0, None)


def _filled(value: Any, results: Sequence[Any]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, results) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, results) for one in value]
    return POINTER.sub(lambda found: _at(found[1], results), value) if isinstance(value, str) else value


def _at(pointer: str, results: Sequence[Any]) -> str:
    """What stands at a JSON pointer (RFC 6901) in the `result` of a tool, the last one that has it."""
    for result in reversed(results):
        try:
            value = result["result"]
            for name in pointer[1:].split("/"):
                value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, ValueError, TypeError):
            continue
        return str(value)
    raise Unexpected(f"no tool returned {pointer}")
