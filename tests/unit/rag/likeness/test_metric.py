import numpy as np
import pytest

from rag.likeness.metric import learn

PLACES, OF_EACH, SIZE = 40, 6, 32


def questions(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Questions that differ much in what no place depends on, and little in what tells their places apart."""
    chance = np.random.default_rng(seed)
    places = np.repeat(np.arange(PLACES), OF_EACH)
    told = np.zeros((len(places), SIZE), dtype=np.float32)
    told[:, : SIZE // 2] = np.random.default_rng(7).normal(size=(PLACES, SIZE // 2))[places] * 0.5
    told[:, SIZE // 2 :] = chance.normal(size=(len(places), SIZE // 2))
    told[:, : SIZE // 2] += chance.normal(size=(len(places), SIZE // 2)) * 0.1
    return (told / np.linalg.norm(told, axis=1, keepdims=True)).astype(np.float32), places


def found(known: np.ndarray, asked: np.ndarray, places: np.ndarray) -> float:
    """The share of questions whose nearest known one has their place."""
    return float(np.mean(places[(asked @ known.T).argmax(axis=1)] == places))


def test_questions_of_one_place_come_nearer_and_so_do_new_ones() -> None:
    rows, places = questions()
    new, _ = questions(seed=1)
    metric = learn(rows, places)
    before, after = found(rows, new, places), found(metric.turned(rows), metric.turned(new), places)
    assert after > before + 0.1


def test_the_same_questions_give_the_same_metric() -> None:
    rows, places = questions()
    first, again = learn(rows, places), learn(rows, places)
    assert np.array_equal(first.turn, again.turn)
    assert np.array_equal(first.after, again.after)


def test_turned_vectors_have_length_one_even_of_nothing() -> None:
    rows, places = questions()
    turned = learn(rows, places).turned(np.vstack([rows, np.zeros((1, SIZE), dtype=np.float32)]))
    assert np.linalg.norm(turned[:-1], axis=1) == pytest.approx(1.0, abs=1e-5)
    assert not turned[-1].any()


def test_likeness_keeps_its_scale_and_its_order() -> None:
    rows, places = questions()
    metric = learn(rows, places)
    told = metric.likeness(np.linspace(-1, 1, 201, dtype=np.float32))
    assert (np.diff(told) >= 0).all()
    assert told[0] == -1.0
    assert told[-1] == 1.0
    turned = metric.turned(rows)
    np.fill_diagonal(alike := turned @ turned.T, -1)
    np.fill_diagonal(own := rows @ rows.T, -1)
    assert np.median(metric.likeness(alike.max(axis=1))) == pytest.approx(np.median(own.max(axis=1)), abs=0.02)


@pytest.mark.parametrize("count", [1, 2, 30])
def test_of_few_questions_nothing_is_learnt(count: int) -> None:
    rows, places = questions()
    metric = learn(rows[:count], places[:count])
    assert np.array_equal(metric.turn, np.eye(SIZE, dtype=np.float32))
    assert np.isfinite(metric.likeness(np.array([0.3], dtype=np.float32))).all()


def test_places_of_one_question_each_teach_nothing() -> None:
    rows, _ = questions()
    assert np.array_equal(learn(rows, np.arange(len(rows))).turn, np.eye(SIZE, dtype=np.float32))


def test_what_was_turned_can_be_turned_back() -> None:
    rows, places = questions()
    metric = learn(rows, places)
    assert not np.allclose(metric.turned(rows), rows, atol=1e-2)
    assert np.allclose(metric.returned(metric.turned(rows)), rows, atol=1e-4)
