"""Which words of a message carry its meaning."""

import re

_END = re.compile(r"(?<=[.!?;])\s++|\n++")
_TOKEN = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")


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
    return [word.casefold().replace("’", "'") for word in _TOKEN.findall(text)]


def sentences(text: str) -> list[str]:
    """The sentences of a text, and its lines, without what separates them."""
    return [piece for piece in (part.strip() for part in _END.split(text)) if piece]


def content(text: str) -> list[str]:
    """The words that say what a text is about, in order."""
    return [word for word in words(text) if word not in FUNCTION_WORDS]
