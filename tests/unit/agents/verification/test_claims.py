from hypothesis import given, settings
from hypothesis import strategies as st

from agents.verification.claims import claims


def said(answer: str) -> list[tuple[str, list[int], bool]]:
    return [(one.text, [marker.number for marker in one.markers], one.idle) for one in claims(answer)]


def test_sentences_with_the_markers_in_and_behind_them() -> None:
    answer = "It is 50 kg [1][2]. Do it yearly. [3] First this [4], then that [5, 6]."
    assert said(answer) == [
        ("It is 50 kg.", [1, 2], False),
        ("Do it yearly.", [3], False),
        ("First this, then that.", [4, 5, 6], False),
    ]
    assert [marker.after for marker in claims(answer)[2].markers] == ["First this", ", then that", ", then that"]


def test_rows_and_items_stand_for_themselves() -> None:
    answer = "You need:\n\n- A jack. And a brace [1].\n- A vest\n\n| Car | Power |\n|---|---|\n| Wren | 85 kW [2] |"
    assert said(answer) == [
        ("You need:", [], True),
        ("A jack.", [], False),
        ("And a brace.", [1], False),
        ("A vest", [], False),
        ("Wren 85 kW", [2], False),
    ]


def test_pictures_are_no_words() -> None:
    answer = "It is so. 😀 That is not ✅."
    assert [text for text, _, _ in said(answer)] == ["It is so.", "That is not."]
    assert answer[claims(answer)[1].start :].startswith("That")


def test_lines_are_not_joined() -> None:
    assert [text for text, _, _ in said("Power: 85 kW\nTorque: 200 Nm")] == ["Power: 85 kW", "Torque: 200 Nm"]


def test_a_figure_makes_a_claim_of_anything_but_a_question() -> None:
    assert not claims("I think it takes 4 litres.")[0].idle
    assert claims("Did you mean the 58?")[0].idle


@settings(deadline=None)
@given(st.lists(st.sampled_from(["The car is red", " [1]", ". ", "[2][3]", "\n\n", "\n- ", "| a | b |", "[9]", "?"])))
def test_every_marker_belongs_to_a_claim_and_offsets_fit(pieces: list[str]) -> None:
    answer = "Start" + "".join(pieces)
    found = claims(answer)
    assert all(0 <= one.start < one.end <= len(answer) for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
    for one in found:
        for marker in one.markers:
            assert answer[marker.start : marker.end] == f"[{marker.number}]"
            assert one.start <= marker.start < marker.end <= one.end
    assert sum(len(one.markers) for one in found) == sum(answer.count(f"[{number}]") for number in (1, 2, 3, 9))
