import pytest

from agents.diagnosis import contacts
from tests import bundled


def test_the_bundled_numbers_are_found_where_they_are_stated() -> None:
    found = contacts.parse(bundled.chunks(), bundled.vehicles())
    roadside = contacts.first(found.roadside, ("company",))
    assert roadside is not None
    assert roadside.number == "0700 555 999"
    assert roadside.evidence.passage.chunk.document_id == "company/roadside-assistance.md"
    assert {one.number for one in found.care} == {"0700 555 000"}
    assert {one.number for one in found.emergency} == {"112"}


def test_every_number_stands_in_what_is_cited_for_it() -> None:
    found = contacts.parse(bundled.chunks(), bundled.vehicles())
    for one in (*found.roadside, *found.care, *found.emergency):
        chunk = one.evidence.passage.chunk
        assert one.number in chunk.text[one.evidence.start - chunk.start : one.evidence.end - chunk.start]


def test_documents_of_other_subjects_are_left_out() -> None:
    found = contacts.parse(bundled.chunks(), bundled.vehicles())
    assert contacts.first(found.roadside, ("specs",)) is None


@pytest.mark.parametrize(
    ("text", "roadside", "care", "emergency"),
    [
        ("Our breakdown service is on +44 800 123 4567.", "+44 800 123 4567", "", ""),
        ("In an emergency call 999. Customer care: 0800 765 4321.", "", "0800 765 4321", "999"),
        ("Call 0700 555 999 for recovery.", "", "", ""),
        ("Recovery: call 0700 555 999.", "0700 555 999", "", ""),
        ("Towing costs 180 euros; call us within 100 km.", "", "", ""),
        ("The service interval is 1000000 km.", "", "", ""),
    ],
)
def test_another_makers_words_are_read(text: str, roadside: str, care: str, emergency: str) -> None:
    chunks = bundled.chunks_of("company/help.md", f"# Numbers\n\n{text}\n".encode())
    found = contacts.parse(chunks, bundled.vehicles())
    read = [contacts.first(one, ("company",)) for one in (found.roadside, found.care, found.emergency)]
    assert [one.number if one else "" for one in read] == [roadside, care, emergency]
