"""Trouble codes as they are printed: `P0301`, `U0140-87` (ISO 15031-6)."""

from agents.language.tokens import compounds

SYSTEMS = frozenset("pbcu")
"""The letters of a code, in lower case."""
_HEXADECIMAL = frozenset("0123456789abcdef")


def are_digits(written: str) -> bool:
    """Whether it is what follows the letter of a code, in any case: four figures, perhaps a hyphen and two more."""
    code, _, more = written.casefold().partition("-")
    return len(code) == 4 and code[0] in "0123" and set(code + more) <= _HEXADECIMAL and len(more) in (0, 2)


def is_code(written: str) -> bool:
    """Whether it is a code without anything behind it."""
    return len(written) == 5 and written[0].casefold() in SYSTEMS and are_digits(written[1:])


def trouble_codes(text: str) -> tuple[str, ...]:
    """The codes that a text writes as one word, in capitals, each once."""
    return tuple(dict.fromkeys(text[start:end].upper() for start, end in code_places(text)))


def code_places(text: str) -> tuple[tuple[int, int], ...]:
    """Where they stand, from and to."""
    return tuple(
        (start, end)
        for start, end in compounds(text)
        if text[start].casefold() in SYSTEMS and _has_digits(text[start + 1 : end])
    )


def _has_digits(written: str) -> bool:
    return are_digits(written) or (len(written) == 6 and are_digits(f"{written[:4]}-{written[4:]}"))
