import pytest

from agents.language.negation import contradicts, denies, opposed
from agents.language.terms import terms


def about(claim: str, evidence: str) -> set[str]:
    return set(terms(claim)) & set(terms(evidence))


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("You may open the cap while hot.", "Never open the cap while it is hot."),
        ("The fee is not waived.", "The fee is waived."),
        ("A tyre without the mark may be fitted.", "A tyre without the mark must not be fitted."),
        ("The Wren is approved for towing.", "The Wren is not approved for towing."),
    ],
)
def test_one_side_negates(claim: str, evidence: str) -> None:
    assert contradicts(claim, evidence, about(claim, evidence))
    assert contradicts(evidence, claim, about(claim, evidence))


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("Do not open the cap while hot.", "Never open the cap while it is hot."),
        ("Wait before you open the cap.", "Never open the cap while it is hot."),
        ("Stay below 130 km/h with a loaded roof.", "Do not exceed 130 km/h with a loaded roof."),
        ("The no-show fee is waived.", "The fee is waived."),
        ("It seals holes, but not damage to the sidewall.", "Damage to the sidewall cannot be sealed."),
    ],
)
def test_both_or_neither_do(claim: str, evidence: str) -> None:
    assert not contradicts(claim, evidence, about(claim, evidence))


def test_counterparts() -> None:
    assert opposed("Turn it clockwise.", "Turn it anticlockwise.")
    assert opposed("the front tyres", "rear tyres")
    assert not opposed("the front tyres", "front and rear tyres")
    assert not opposed("the tyres", "rear tyres")


def test_denials() -> None:
    assert denies("It isn't so.")
    assert denies("It isn’t so.")
    assert denies("no towbar")
    assert not denies("a no-show fee")
    assert not denies("nowhere near")
