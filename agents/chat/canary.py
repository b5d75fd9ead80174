"""A secret in a model's instructions that nobody has a reason to repeat: where it shows up, the instructions leak.

Nothing in them is worth stealing (OWASP Top 10 for LLM Applications 2025, LLM07, System Prompt Leakage); but a model
that begins to recite them is one that somebody else has taken over.
"""

import base64
import codecs
import secrets
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Canary:
    """`token` is hexadecimal; `forms` are the ways of writing it that are known again, as `signs` writes them."""

    token: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def forms(self) -> frozenset[str]:
        return _forms(self.token)

    def within(self, text: str) -> bool:
        """Whether a text holds it, whatever stands between its characters."""
        plain = "".join(map(signs, text))
        return any(form in plain for form in self.forms)


@lru_cache(maxsize=8)
def _forms(token: str) -> frozenset[str]:
    """As it is, backwards, by ROT13, in hexadecimal and, wherever it begins in a longer text, in Base64."""
    raw = token.encode()
    encoded = [token, token[::-1], codecs.encode(token, "rot13"), raw.hex()]
    for before in range(3):
        # Characters that also hold bits of what stands before or after the token are left out.
        whole = base64.b64encode(bytes(before) + raw).decode()
        encoded.append(whole[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6])
    return frozenset("".join(map(signs, form)) for form in encoded)


@lru_cache(maxsize=4096)
def signs(character: str) -> str:
    """What of a character counts: letters and digits, in one case and width; "" for everything between them."""
    plain = unicodedata.normalize("NFKC", character).casefold()
    return "".join(sign for sign in plain if sign.isascii() and sign.isalnum())
