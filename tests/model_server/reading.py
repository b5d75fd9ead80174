"""Answers from the prompt that was really sent: the passages in it, the question after them, the rules before them."""

import html
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PASSAGE = re.compile(r'<passage number="(\d+)"[^>]*>\n?(.*?)\n?</passage>', re.DOTALL)
DECLINE = re.compile(r'begin[^"\n]*"([^"\n]+)"', re.IGNORECASE)
STOP = frozenset(
    re.findall(
        r"\w+",
        "a an the of in on at to for and or is are was be does do did can could would should will my your i you it "
        "its me this that these those what which who how when where why much many have has with from by as if not no "
        "there any please tell about need get model year question passages customer",
    )
)
LEAST_COVER = 0.35
"""The share of the question's weight that the best passage must hold before it counts as an answer."""

ABSENT_WEIGHT = 0.5
"""What a word of the question weighs that no passage holds: it may be the point, or a mere turn of phrase."""


@dataclass(frozen=True)
class Prompt:
    """What the messages hold: `rules` of the system, numbered `passages`, and the customer's `question`."""

    rules: str
    passages: Mapping[int, str]
    question: str


def text_of(content: Any) -> str:
    """A message's text, whether it is sent as a string or as parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def read_prompt(messages: Iterable[Mapping[str, Any]]) -> Prompt:
    """The prompt's pieces. The question is what the last user message says after its passages and labels."""
    rules, last = "", ""
    for message in messages:
        if message.get("role") in ("system", "developer"):
            rules += text_of(message.get("content")) + "\n"
        elif message.get("role") == "user":
            last = text_of(message.get("content"))
    passages = {int(number): html.unescape(text) for number, text in PASSAGE.findall(last)}
    rest = PASSAGE.sub("", last)
    return Prompt(rules, passages, rest.rpartition("Question:")[2].strip())


def words(text: str) -> Counter[str]:
    """Content words, shorn of their commonest endings."""
    found = re.findall(r"[^\W_]+", text.casefold())
    return Counter(re.sub(r"(?<=\w{3})(ies|es|s|ing|ed)$", "", word) for word in found if word not in STOP)


def sentences(text: str) -> list[str]:
    """Sentences and table rows, without markup."""
    lines = (re.sub(r"^[#>*\-\s]+|\|", " ", line).strip() for line in text.splitlines())
    pieces = (piece.strip() for line in lines for piece in re.split(r"(?<=[.!?])\s+", line))
    return [re.sub(r"\s+", " ", piece) for piece in pieces if re.search(r"\w", piece)]


def weigh(prompt: Prompt) -> dict[str, float]:
    """How much each of the question's words tells: BM25's inverse document frequency over the passages."""
    bags = [words(text) for text in prompt.passages.values()]

    def weight(found: int) -> float:
        return math.log(1 + (len(bags) - found + 0.5) / (found + 0.5)) if found else ABSENT_WEIGHT

    return {word: weight(sum(word in bag for bag in bags)) for word in words(prompt.question)}


def reply(prompt: Prompt) -> str:
    """One to three sentences of the passage that shares most with the question, cited, or that none holds it."""
    found = DECLINE.search(prompt.rules)
    declined = found[1] if found else "The passages do not say."
    weights = weigh(prompt)
    total = sum(weights.values())

    def cover(text: str) -> float:
        return sum(weights.get(word, 0.0) for word in words(text))

    if not prompt.passages or not total:
        return declined
    number = max(prompt.passages, key=lambda n: cover(prompt.passages[n]))
    if cover(prompt.passages[number]) / total < LEAST_COVER:
        return declined
    listed = sentences(prompt.passages[number])
    best = sorted(range(len(listed)), key=lambda index: (-cover(listed[index]), index))[:2]
    chosen = [listed[index] for index in sorted(best) if cover(listed[index])] or listed[:1]
    return " ".join(f"{sentence.rstrip('.')} [{number}]." for sentence in chosen)


def pieces(text: str) -> list[str]:
    """The text in pieces of about a token: a word with the space before it."""
    return re.findall(r"\s*\S+", text)
