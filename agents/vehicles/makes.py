"""Other makers by name: whether a text is about a vehicle that is not the maker's own."""

from agents.language.tokens import compounds
from agents.language.words import vocabulary
from agents.vehicles.names import WORD

MAKES = vocabulary(
    "alfa audi bentley bmw buick byd cadillac chevrolet chevy chrysler citroen cupra dacia dodge ducati ferrari fiat "
    "ford gmc harley honda hyundai infiniti isuzu iveco jaguar jeep kawasaki kia lexus lincoln mazda mercedes mg mini "
    "mitsubishi nissan opel peugeot polestar pontiac porsche renault rover saab seat skoda smart subaru suzuki tesla "
    "toyota triumph vauxhall volkswagen volvo vw yamaha "
    "astra aygo civic clio corolla corsa fabia fiesta golf hilux insignia jetta mondeo octavia passat prius qashqai "
    "tiguan touran twingo vectra yaris zafira"
)
"""Other makers, and models of theirs that people call by their own names, to tell whose vehicle a question is about."""

_AMBIGUOUS_MAKES = frozenset({"mini", "seat", "smart", "triumph", "lincoln", "rover", "dodge"})


def other_make(text: str) -> bool:
    """Whether a text names another maker."""
    return any(_is_make(word.group()) for word in WORD.finditer(text))


def make_named(text: str) -> str:
    """Another maker's name in a text with the word after it, its model as a rule; "" when there is none."""
    for word in WORD.finditer(text):
        if _is_make(word.group()):
            start, end = next((place for place in compounds(text) if place[0] > word.end()), (len(text), len(text)))
            named = text[word.end() : start].isspace() and (text[start].isupper() or text[start].isdecimal())
            return word.group() + (f" {text[start:end]}" if named else "")
    return ""


def _is_make(word: str) -> bool:
    return word.casefold() in MAKES and (word.casefold() not in _AMBIGUOUS_MAKES or word[0].isupper())
