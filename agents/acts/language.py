"""The language that a message is written in, among the common European ones."""

from agents.acts import language_scores
from agents.language.tokens import letters
from agents.language.words import FUNCTION_WORDS
from agents.learning.examples import table
from agents.vehicles.range import Vehicles

_TABLES = table(__file__, "languages.toml")
SENTENCES: dict[str, str] = _TABLES["sentences"]
"""By ISO 639-1 code: that answers come in English, in that language; `{contact}` is whom to call."""
CONTACTS: dict[str, str] = _TABLES["contacts"]
"""By the same: how to call us, with a `{number}`."""
DANGERS: dict[str, str] = _TABLES["dangers"]
"""By the same: whom to call in danger, the `{emergency}` services, and in a breakdown, `{roadside}` assistance."""
_ENGLISH = 0.03
"""Probability of English below which a message is in another language. Measured on 2,457 English lines: 1 % are below
0.03, most of them greetings in other languages; of lines in thirteen other languages nine of ten are."""
_SHORT = 4
"""Words of a message whose letters tell little: it is English where most of them are English function words."""
_SURE = 0.5
"""The least probability of the other language: slang and single letters are none."""


def detect(text: str, vehicles: Vehicles | None = None) -> str:
    """The ISO 639-1 code of the message's language; "en" where it is English or cannot be told. The names of `vehicles`
    are words of no language."""
    text = vehicles.generic(text, "") if vehicles else text
    said = letters(text)
    if not said or (len(said) <= _SHORT and sum(word in FUNCTION_WORDS for word in said) * 2 > len(said)):
        return "en"
    shares = language_scores.opened().shares(text.casefold()[:500])
    code = max(shares, key=shares.__getitem__)
    return code if shares["en"] < _ENGLISH and shares[code] >= _SURE else "en"
