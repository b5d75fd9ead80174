"""Under which licences what is installed to run may be used, and whether the product may build on it."""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from tests.supply.lock import RUNTIME, locked

ALLOWED = {
    *("MIT", "MIT-0", "MIT-CMU", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "BSD", "ISC", "Apache-2.0", "PSF-2.0"),
    *("Zlib", "CC0-1.0", "MPL-2.0", "CNRI-Python", "Unlicense", "BSL-1.0"),
}
"""They let a product be built, changed and sold; MPL-2.0 asks for the changes to its own files alone."""
NAMED = {"LGPL-3.0-only": {"psycopg", "psycopg-binary", "psycopg-pool"}, "dependency licenses": {"pypdfium2"}}
"""What is taken of these packages alone: a library that is used as it comes and can be exchanged, and one that brings
what PDFium is made of, each part under a licence of the list."""
_SPELLINGS = (
    (re.compile(r"apache.*|apache software license", re.I), "Apache-2.0"),
    (re.compile(r"mit license|mit", re.I), "MIT"),
    (re.compile(r"isc license.*|isc", re.I), "ISC"),
    (re.compile(r"python software foundation license|psfl?|psf-2\.0", re.I), "PSF-2.0"),
    (re.compile(r"mozilla public license 2\.0.*", re.I), "MPL-2.0"),
    (re.compile(r"bsd license|3-clause bsd license|bsd|bsd.3.clause", re.I), "BSD-3-Clause"),
)
_ACRONYM = re.compile(r" \([A-Z0-9. ]+\)$")
_JOINED = re.compile(r"\s+(?:AND|OR|and|or)\s+|[(),/]+")


def licence_of(name: str) -> str:
    """What a package says of itself: the expression, else its classifiers, else the first line of its own words."""
    said = distribution(name).metadata
    if expression := said.get("License-Expression"):
        return str(expression)
    classes = [
        _ACRONYM.sub("", line.rpartition(" :: ")[2])
        for line in said.get_all("Classifier", [])
        if line.startswith("License ::")
    ]
    words = (str(said.get("License") or "").splitlines() or ["not said"])[0]
    return " OR ".join(classes) or words.replace(", Version", "")


def parts(licence: str) -> set[str]:
    """The licences that it is made of, as SPDX names them where they are known."""
    return {_spelled(part.strip()) for part in _JOINED.split(licence) if part.strip()}


def _spelled(part: str) -> str:
    return next((name for pattern, name in _SPELLINGS if pattern.fullmatch(part)), part)


def refused(name: str) -> set[str]:
    """The licences of a package that are not on the list."""
    return {part for part in parts(licence_of(name)) if part not in ALLOWED and name not in NAMED.get(part, set())}


def listed() -> list[tuple[str, str, str]]:
    """Name, version and licence of what is installed to run on every machine, and of torch."""
    rows = [(one.name, one.version) for one in locked(RUNTIME) if not one.marker]
    rows.append(("torch", distribution("torch").version.partition("+")[0]))
    return [(name, version, licence_of(name)) for name, version in sorted(rows)]


def installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None
