"""Countries by their names, for columns that hold their codes."""

import zoneinfo
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def country_codes() -> Mapping[str, str]:
    """The code (ISO 3166-1 alpha-2) in lower case by the country's English name in lower case, as the time zone
    database of the machine lists them; empty where it has none."""
    for folder in map(Path, zoneinfo.TZPATH):
        listed = folder / "iso3166.tab"
        if listed.is_file():
            lines = listed.read_text(encoding="utf-8").splitlines()
            pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
            return {name.casefold(): code.casefold() for code, name in pairs}
    return {}
