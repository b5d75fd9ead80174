"""Choices that were kept as arrays decide as those that were learnt."""

from pathlib import Path

import numpy as np
import pytest

from agents.learning import keeping
from agents.learning.choice import Choice, bare
from agents.learning.teacher import Teacher
from rag import array_file
from tests.unit.rag.hashing import HashingEmbedder

LISTS = {
    "asks": ("what is the boot size", "how long is it", "which oil does it take"),
    "tells": ("it broke down", "the oil light came on", "my car is red"),
}
OTHERS = {
    "boot": ("what is the boot size", "how much fits in the back"),
    "oil": ("which oil does it take", "the oil light came on"),
    "length": ("how long is it",),
}
TEXTS = ("is the boot large", "the light is red", "oil", "")


@pytest.mark.parametrize("many", [1, 1000])
def test_they_decide_alike(many: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_SHARED", many)
    embedder = HashingEmbedder()
    teacher = Teacher(embedder, shipped=None)
    made: dict[str, Choice[str]] = {
        "kinds": teacher.choice(LISTS),
        "topics": teacher.choice(OTHERS),
        "plain": teacher.choice(OTHERS, bare),
    }
    array_file.write(tmp_path / "kept.npz", keeping.arrays(made))
    found = keeping.choices_of(array_file.read(tmp_path / "kept.npz"), embedder, {"plain": bare})
    assert found.keys() == made.keys()
    for name, choice in made.items():
        assert (found[name].labels, found[name].doubt) == (choice.labels, choice.doubt)
        for texts in (TEXTS, TEXTS[:1], (TEXTS[2], TEXTS[2])):
            rows = choice.rows(texts)
            assert np.array_equal(found[name].rows(texts), rows)
            assert found[name].shares(rows) == pytest.approx(choice.shares(rows), abs=1e-6)


def test_texts_are_packed_as_they_are() -> None:
    for texts in ([], ["oil"], ["größe", "b", "日本"]):
        assert keeping.unpacked(keeping.packed(texts)) == texts
