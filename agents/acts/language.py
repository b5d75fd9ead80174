"""The language that a message is written in, among the common European ones."""

from functools import lru_cache
from typing import TYPE_CHECKING

from agents.learning.examples import table

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_TABLES = table(__file__, "languages.toml")
SENTENCES: dict[str, str] = _TABLES["sentences"]
"""By ISO 639-1 code: that answers come in English, in that language; `{contact}` is whom to call."""
CONTACTS: dict[str, str] = _TABLES["contacts"]
"""By the same: how to call us, with a `{number}`."""
_ENGLISH = 0.03
"""Probability of English below which a message is in another language. Measured on 2,457 English lines: 1 % are below
0.03, most of them greetings in other languages; of lines in thirteen other languages nine of ten are."""
_SURE = 0.5
"""The least probability of the other language: slang and single letters are none."""


def detect(text: str) -> str:
    """The ISO 639-1 code of the message's language; "en" where it is English or cannot be told."""
    if not any(character.isalpha() for character in text):
        return "en"
    ranked = _identifier().rank(text.casefold()[:500])
    code, probability = ranked[0]
    english = next(share for name, share in ranked if name == "en")
    return str(code) if english < _ENGLISH and probability >= _SURE else "en"


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - its tables take a second to load

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(["en", *SENTENCES])
    return identifier
