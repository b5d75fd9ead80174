"""Danger to life in a customer's own words, recognised by rules before anything else is made of a message. Pure.

A sign is a pattern over the words of one sentence; the file beside this module holds them. What is denied, long past,
only heard of or asked about in general is left alone; in doubt a message counts as dangerous, because the answer to
that is merely careful.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from rapidfuzz.distance import OSA

from agents.language.words import vocabulary
from rag.terms import plain

Kind = Literal[
    "crash",
    "injured",
    "trapped",
    "water",
    "fire",
    "high_voltage",
    "fuel",
    "fumes",
    "falling",
    "roadside",
    "brakes",
    "accelerator",
    "steering",
    "wheel",
    "visibility",
]
"""What is dangerous, in the order of gravity."""


@dataclass(frozen=True, slots=True)
class Danger:
    """What is dangerous, and the words that say so, in lower case."""

    kind: Kind
    words: str


def danger(text: str) -> Danger | None:
    """The gravest danger that a message tells of; None where it tells of none. Never raises, and takes time in
    proportion to the length of the text."""
    sentences = [_spelt(parts) for parts in _sentences(text)]
    for kind in _SIGNS:
        for sentence in filter(_KEYS[kind].search, sentences):
            signs = _SIGNS[kind].finditer(sentence)
            found = next((sign for sign in signs if not _harmless(sentence, sign, kind)), None)
            if found and not _HARMLESS["all"].search(sentence):
                return Danger(kind, found.group().strip())
    return None


_SPLIT = re.compile(r"[.!?;:\n\r…]+")
_PARTS = re.compile(r"[^\W_]+|,")
_MOST_WORDS, _OVERLAP = 60, 15
"""Words that are read as one sentence, and that two pieces of a longer one share."""
_BESIDE = 4
"""Words around a sign in which what makes it harmless stands."""
_DENIED = re.compile(
    r" (?:no|not|never|without|isnt|arent|doesnt|dont|didnt|wasnt|cant|cannot|nothing|any more)"
    r"(?: (?!and |but |, |or )\S+){0,2} $"
)
_MAY_BE_DENIED = frozenset({"crash", "water", "fire", "high_voltage", "fuel", "fumes", "wheel"})
"""Kinds whose signs are things that are there; those of the others are things that fail."""

_KNOWN = vocabulary(
    "accelerator accelerating accident airbag ambulance battery bleeding brake brakes braking burning burnt cable "
    "charging collision crashed diesel dripping exhaust exposed failed failure flames floor fuel gasoline hissing "
    "injured leaking melted melting orange overturned pedal petrol plastic popping puddle scorched shock "
    "sinking smell smells smelling smoke smoking sparks spongy steer steering submerged swollen throttle trapped "
    "unconscious wheel"
)
_RIGHT = vocabulary(
    "baking barking bakes braving batter breaks chagrin crashes flares flour flooded from label full shack shook shop "
    "shouting sheer small smiles spell shell spending stoke stroke stopping stuffing swell tapped wrapped strapped "
    "throttles whale whole petals dropping hopping shopping missing misting hitting cruel duel learning lasting "
    "loading charring changing chasing range ranges raking making taking smelt smoker smokes spoke"
)
"""Right as they are, though a slip away from a word that is looked for; so are all words of the signs."""
_BY_INITIAL = {first: sorted(word for word in _KNOWN if word[0] == first) for first in {word[0] for word in _KNOWN}}
_SHORTEST, _LONG, _LONGEST = 4, 8, 20
"""Letters from which one slip is put right, from which two, and beyond which a word is none that is looked for."""
_MEANT = (
    (re.compile(r" break (?=pedal|warning|fluid|line|hose|pipe|failure|servo|booster)"), " brake "),
    (
        re.compile(r" (my|the|our|no|both|front|rear|and|when) breaks (?!down|off|up|in|out|through|apart|when)"),
        r" \1 brakes ",
    ),
    (re.compile(r" (can|do|does|did|is|are|could|wo|was) n ?t "), r" \1nt "),
)


def _sentences(text: str) -> Iterator[list[str]]:
    for sentence in _SPLIT.split(plain(text).replace("'", "")):
        parts = _PARTS.findall(sentence)
        for at in range(0, max(len(parts) - _OVERLAP, 1), _MOST_WORDS - _OVERLAP):
            yield parts[at : at + _MOST_WORDS]


def _spelt(parts: list[str]) -> str:
    """The words with one blank between, before and after them, slips put right."""
    sentence = f" {' '.join(map(_nearest, parts))} "
    for slip, right in _MEANT:
        sentence = slip.sub(right, sentence)
    return sentence


@lru_cache(maxsize=4096)
def _nearest(word: str) -> str:
    """The one word that is looked for and is a slip away, or the word itself."""
    if word in _AS_THEY_ARE or not _SHORTEST <= len(word) <= _LONGEST or not word.isalpha():
        return word
    near = sorted(
        (slips, other)
        for other in _BY_INITIAL.get(word[0], ())
        if len(other) > _SHORTEST
        and (slips := OSA.distance(word, other, score_cutoff=2)) <= (2 if len(other) >= _LONG else 1)
    )
    return near[0][1] if near and (len(near) == 1 or near[0][0] < near[1][0]) else word


def _harmless(sentence: str, found: re.Match[str], kind: Kind) -> bool:
    before, after = sentence[: found.start()].split(), sentence[found.end() :].split()
    around = " ".join((*before[-_BESIDE:], found.group().strip(), *after[:_BESIDE]))
    if _HARMLESS[kind].search(f" {around} "):
        return True
    return kind in _MAY_BE_DENIED and _DENIED.search(sentence[: found.start()].rstrip() + " ") is not None


def _pattern(template: str, words: Mapping[str, str]) -> str:
    """A regular expression for a template as the file explains it."""
    while (named := re.sub(r"<(\w+)>", lambda match: words[match[1]], template)) != template:
        template = named
    template = re.sub(r" (~+) ", lambda match: rf" (?:\S+ ){{0,{2 * len(match[1])}}}", template)
    template = re.sub(r"\[([^\[\]]*)\] ", r"(?:(?:\1) ){0,4}", template)
    return re.sub(r"\((?!\?)", "(?:", template)


def _compiled(templates: Mapping[str, list[str]], words: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    return {
        kind: re.compile(rf"(?<= )(?:{'|'.join(_pattern(template, words) for template in lines)})(?= )")
        for kind, lines in templates.items()
    }


with Path(__file__).with_suffix(".toml").open("rb") as _file:
    _TABLES = tomllib.load(_file)
_ALL_SIGNS = _compiled(_TABLES["signs"], _TABLES["words"])
_SIGNS: dict[Kind, re.Pattern[str]] = {kind: _ALL_SIGNS[kind] for kind in get_args(Kind) if kind in _ALL_SIGNS}
"""In the order of gravity; of other kinds no signs are known."""
_HARMLESS = _compiled(_TABLES["harmless"], _TABLES["words"])
_AS_THEY_ARE = _KNOWN | _RIGHT | set(re.findall(r"[a-z]+", json.dumps([_TABLES["words"], _TABLES["signs"]])))
_KEYS = {kind: re.compile("|".join(keys)) for kind, keys in _TABLES["keys"].items()}
