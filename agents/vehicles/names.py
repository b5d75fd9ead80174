"""The words that names of vehicles and makers are made of."""

import re

WORD = re.compile(r"[^\W_]+(?:\.\d+[^\W_]*)?")
"""One word of a name; a figure such as `1.5T` is one."""


def name_words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case; a point inside of a figure stays."""
    return tuple(word.casefold() for word in WORD.findall(name))
