"""Words and phrases from files: TOML beside a module, so that long lists do not hide its code."""

import tomllib
from pathlib import Path
from typing import Any


def lexicon(module: str, name: str = "") -> dict[str, Any]:
    """The tables of the TOML file beside `module`, a module's `__file__`: of the one called `name`, or called as the
    module is. Raises OSError when it cannot be read and tomllib.TOMLDecodeError when it is no TOML."""
    path = Path(module).with_name(name) if name else Path(module).with_suffix(".toml")
    with path.open("rb") as file:
        return tomllib.load(file)
