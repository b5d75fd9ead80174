"""What becomes of cited evidence when its document changes."""

import pytest

from orchestrator.impact import Affected, Place, impact, place
from orchestrator.store import PastAnswer, UsedPassage

OLD = "# Towing\n\nThe Plover may tow a braked trailer of 900 kg. The Wren may not tow.\n"
EVIDENCE = "The Plover may tow a braked trailer of 900 kg."


@pytest.mark.parametrize(
    ("text", "state", "found"),
    [
        (OLD, "unchanged", EVIDENCE),
        (OLD + "More.", "unchanged", EVIDENCE),
        ("A line before.\n" + OLD, "moved", EVIDENCE),
        (OLD.replace("a braked", "a\n  braked"), "moved", EVIDENCE.replace("a braked", "a\n  braked")),
        (OLD.replace("900", "950"), "changed", EVIDENCE.replace("900", "950")),
        ("# Paint\n\nWren owners choose among nine colours.\n", "gone", ""),
        ("", "gone", ""),
        (None, "gone", ""),
    ],
)
def test_a_stretch_of_text_is_found_again(text: str | None, state: str, found: str) -> None:
    assert place(EVIDENCE, OLD.index(EVIDENCE), text) == Place(state, found)  # type: ignore[arg-type]


def used(number: int, *, document: str = "a.md", version: int = 1, cited: bool = True) -> UsedPassage:
    start = OLD.index(EVIDENCE)
    return UsedPassage(document, version, f"c{number}", number, start, start + len(EVIDENCE), cited)


def answer(*passages: UsedPassage) -> PastAnswer:
    return PastAnswer("run", "conversation", "How much?", "2026-11-21T10:00:00Z", passages)


def affected(now: str | None, then: str | None, *passages: UsedPassage, text: str | None = OLD) -> list[Affected]:
    return list(impact([answer(*passages)], lambda document, version: text, {"a.md": (now, then)}))


def test_an_answer_loses_what_would_stand_no_longer() -> None:
    (one,) = affected(OLD, OLD.replace("900", "950"), used(1))
    (source,) = one.lost
    assert (source.text, source.becomes.state) == (EVIDENCE, "changed")


def test_an_answer_whose_evidence_stays_loses_nothing() -> None:
    (one,) = affected(OLD, "Before. " + OLD, used(1))
    assert (len(one.sources), one.lost) == (1, ())


def test_what_this_change_does_not_touch_is_not_counted() -> None:
    changed = OLD.replace("900", "950")
    assert affected(changed, None, used(1)) == []  # it stood no longer before
    assert affected(OLD, None, used(1), text="") == []  # its version was erased
    assert affected(OLD, None, used(1), text=None) == []
    assert affected(OLD, None, used(1, cited=False), used(2, document="b.md")) == []


def test_a_document_that_goes_takes_its_evidence_along() -> None:
    (one,) = affected(OLD, None, used(1), used(2, cited=False))
    assert [source.becomes for source in one.lost] == [Place("gone")]
