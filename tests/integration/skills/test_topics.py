"""What everyday words are about, with the embedder of the product."""

import pytest

from agents.topics.reader import TopicReader
from agents.vehicles.range import Vehicles
from rag.embedder import Embedder


@pytest.fixture(scope="module")
def topics(embedder: Embedder) -> TopicReader:
    return TopicReader.open(embedder, Vehicles())


@pytest.mark.parametrize(
    ("text", "topic", "kind"),
    [
        ("how many kilos can it pull, the trailer has no brakes of its own", "towing_capacity_unbraked", "figure"),
        ("minimum thickness of the front discs, im doing them on my own", "brake_disc_thickness", "figure"),
        ("which of your cars sits highest off the ground", "ground_clearance", "extreme"),
        ("what would a set of rubber mats cost me", "rubber_mats_boot_tray", "price"),
        ("turning circle?? our street is a dead end", "turning_circle", ""),
    ],
)
def test_everyday_words(text: str, topic: str, kind: str, topics: TopicReader) -> None:
    about = topics.read(text)
    assert about.topics[0][0].name == topic
    assert not kind or about.kind(kind) > 0.5


def test_a_vague_text_takes_its_topic_from_the_context(topics: TopicReader) -> None:
    names = [topic.name for topic, _ in topics.read("what will they sting me for it", "cambelt").topics[:2]]
    assert "timing_belt_or_chain" in names


def test_what_no_known_question_is_about_is_not_answered(topics: TopicReader, embedder: Embedder) -> None:
    known = ["what may it tow with brakes on the trailer", "how thick must the front discs be", "turning circle?"] * 400
    rows = embedder.embed(known)
    assert topics.unanswered("can you get a car with a glass roof", "", lambda: rows)
    assert not topics.unanswered("turning circle of the car?", "", lambda: rows)
    assert not topics.unanswered("and what about that one", "", lambda: rows)


def test_as_long_as_no_questions_are_known_all_may_be_answered(embedder: Embedder) -> None:
    topics = TopicReader.open(embedder, Vehicles())
    assert not topics.unanswered("can you get a car with a glass roof", "", lambda: None)
    assert not topics.unanswered("can you get a car with a glass roof", "", lambda: embedder.embed(["hi"]))
