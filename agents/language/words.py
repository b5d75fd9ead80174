"""Which words of a message carry its meaning."""

import re
from functools import lru_cache

_TOKEN = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_KEPT = 512
"""Texts whose words are kept: a message is looked at by many readers."""


def vocabulary(text: str) -> frozenset[str]:
    """A set of words, written as a text."""
    return frozenset(text.split())


FUNCTION_WORDS = vocabulary(
    """a an the this that these those it its it's that's there here i i'm i've i'd me my mine we we're our us you your
    yours he she they them their one ones some any something anything else other and or but so if then than as at by for
    from in into of off on onto out over to up with without about again also too very just please thanks thank hi hello
    hey ok okay well yes no not what what's whats which who whom whose when where why how how's is isn't are aren't was
    were be been being am do does doesn't did didn't don't doing have has had having can can't could couldn't should
    shouldn't would will won't may might must shall let let's get got need want like know tell give show say help
    explain mean means much many often long far now still ever more most same such only really actually think
    idea ideas fix cause causes happen happens happening wrong problem problems issue issues advise advice suggest
    suggestions possible normal safe worry bad good anyone anybody someone somebody kind regards"""
)
"""Words that leave open what a question is about."""


def words(text: str) -> list[str]:
    """The words of a text in lower case; apostrophes, hyphens and decimal points stay inside."""
    return list(_words(text))


@lru_cache(maxsize=_KEPT)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold().replace("’", "'") for word in _TOKEN.findall(text))


def sentences(text: str, ends: str = ".!?;") -> list[str]:
    """The sentences of a text, and its lines, without the blanks that separate them. `ends`: the marks that end one
    where a blank follows."""
    found = []
    for line in text.split("\n"):
        begin = 0
        for at, character in enumerate(line):
            if character.isspace() and at and line[at - 1] in ends:
                found.append(line[begin:at])
                begin = at
        found.append(line[begin:])
    return [piece for piece in map(str.strip, found) if piece]


def content(text: str) -> list[str]:
    """The words that say what a text is about, in order."""
    return [word for word in words(text) if word not in FUNCTION_WORDS]
