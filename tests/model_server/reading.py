"""Answers from the prompt that was really sent: the passages in it, the question after them, the rules before them."""

import html
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PASSAGE = re.compile(r'<passage number="(\d+)"([^>]*)>\n?(.*?)\n?</passage>', re.DOTALL)
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
class Passage:
    """A passage's text, and what its attributes say it is about."""

    text: str
    about: str


@dataclass(frozen=True)
class Prompt:
    """What the messages hold: `rules` of the system, numbered `passages`, and the customer's `question`."""

    rules: str
    passages: Mapping[int, Passage]
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
    passages = {
        int(number): Passage(html.unescape(text), " ".join(re.findall(r'"([^"]*)"', html.unescape(attributes))))
        for number, attributes, text in PASSAGE.findall(last)
    }
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
    bags = [words(f"{passage.about} {passage.text}") for passage in prompt.passages.values()]

    def weight(found: int) -> float:
        return math.log(1 + (len(bags) - found + 0.5) / (found + 0.5)) if found else ABSENT_WEIGHT

    return {word: weight(sum(word in bag for bag in bags)) for word in words(prompt.question)}


def reply(prompt: Prompt) -> str:
    """The sentence that shares most with the question, and its next best of the same passage, cited; or that none
    holds the answer. What a passage is about counts half for each of its sentences."""
    found = DECLINE.search(prompt.rules)
    declined = found[1] if found else "The passages do not say."
    weights = weigh(prompt)
    total = sum(weights.values())
    covers: dict[int, list[tuple[float, int, str]]] = {}
    for number, passage in prompt.passages.items():
        about = words(passage.about)
        covers[number] = [
            (sum(w * (1 if x in said else 0.5 * (x in about)) for x, w in weights.items()), -index, sentence)
            for index, sentence in enumerate(sentences(passage.text))
            if (said := words(sentence))
        ]
    number = max(covers, key=lambda n: max(covers[n], default=(0.0, 0, ""))[0], default=0)
    best = sorted(covers.get(number, []), reverse=True)[:2]
    if not best or not total or best[0][0] / total < LEAST_COVER:
        return declined
    chosen = [one for one in best if one[0] >= 0.8 * best[0][0]]
    return " ".join(f"{sentence.rstrip('.')} [{number}]." for _, _, sentence in sorted(chosen, key=lambda one: -one[1]))


def pieces(text: str) -> list[str]:
    """The text in pieces of about a token: a word with the space before it."""
    return re.findall(r"\s*\S+", text)
