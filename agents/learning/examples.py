"""Example messages from files: a TOML file beside a module, so that hundreds of them do not hide its code."""

from collections.abc import Mapping
from typing import Any

from agents.language.lexicon import lexicon


def beside(module: str) -> Mapping[str, tuple[str, ...]]:
    """The lists of lines in the file that is named like `module`, a module's `__file__`, by their names.

    Raises OSError when it cannot be read and tomllib.TOMLDecodeError when it is no TOML.
    """
    return {name: tuple(lines) for name, lines in lexicon(module).items()}


def table(module: str, name: str) -> dict[str, Any]:
    """The tables of the TOML file `name` beside `module`, a module's `__file__`. Raises as `beside` does."""
    return lexicon(module, name)
