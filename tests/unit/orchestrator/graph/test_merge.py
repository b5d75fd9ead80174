from hypothesis import given
from hypothesis import strategies as st

from agents.types import Answered, Answering, Delta, MisplacedMarker, PartDone, UnsupportedSpan
from orchestrator.events import Token
from orchestrator.graph.merge import Merge


def done(part: int) -> PartDone:
    return PartDone(part, Answered(), "offline")


def test_a_single_part_has_no_label_and_streams_at_once() -> None:
    merge = Merge(1, "r")
    merge.begin(Answering(0, "specs", "Specifications"))
    assert merge.say(Delta(0, "It has ")) == [Token("r", "It has ", 0)]
    assert merge.say(Delta(0, "85 kW.")) == [Token("r", "85 kW.", 7)]
    assert merge.done(done(0)) == []
    assert merge.text == "It has 85 kW."


def test_the_second_part_waits_for_the_first() -> None:
    merge = Merge(2, "r")
    merge.begin(Answering(1, "maintenance", "Maintenance"))
    assert merge.say(Delta(1, "Every year.")) == []
    merge.begin(Answering(0, "specs", "Specifications"))
    assert [piece.text for piece in merge.say(Delta(0, "85 kW."))] == ["**Specifications**\n\n", "85 kW."]
    assert merge.done(done(1)) == []
    released = merge.done(done(0))
    assert [piece.text for piece in released] == ["\n\n**Maintenance**\n\n", "Every year."]
    assert {piece.part for piece in released} == {"maintenance"}
    assert merge.text == "**Specifications**\n\n85 kW.\n\n**Maintenance**\n\nEvery year."


@given(st.data(), st.integers(1, 4))
def test_any_interleaving_gives_the_same_text_with_right_offsets(data: st.DataObject, parts: int) -> None:
    texts = [data.draw(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=4)) for _ in range(parts)]
    waiting = {
        part: [Answering(part, f"s{part}", f"L{part}"), *(Delta(part, text) for text in pieces), done(part)]
        for part, pieces in enumerate(texts)
    }
    merge, shown = Merge(parts, "r"), ""
    while waiting:
        part = data.draw(st.sampled_from(sorted(waiting)))
        output = waiting[part].pop(0)
        if not waiting[part]:
            del waiting[part]
        match output:
            case Answering():
                merge.begin(output)
                continue
            case Delta():
                released = merge.say(output)
            case _:
                released = merge.done(output)
        for piece in released:
            assert piece.offset == len(shown)
            shown += piece.text
    bodies = ["".join(pieces) for pieces in texts]
    expected = bodies if parts == 1 else [f"**L{part}**\n\n{body}" for part, body in enumerate(bodies)]
    assert shown == merge.text == "\n\n".join(expected)


@given(st.permutations([0, 1, 2]))
def test_what_is_wrong_keeps_its_place_in_the_whole_answer(order: list[int]) -> None:
    merge = Merge(3, "r")
    for part in order:
        text = f"😀 Part {part} is true. It weighs {part} kg [1]."
        start = text.index("It weighs")
        marker = text.index("[1]")
        answered = Answered(
            unsupported=(UnsupportedSpan(start, len(text), text[start:]),),
            misplaced=(MisplacedMarker(marker, marker + 3, 1, part + 4),),
        )
        merge.begin(Answering(part, f"s{part}", f"Label {part}"))
        merge.say(Delta(part, text))
        merge.done(PartDone(part, answered, "scripted"))
    assert [merge.text[one.start : one.end] for one in merge.unsupported] == [
        f"It weighs {n} kg [1]." for n in range(3)
    ]
    assert [one.text for one in merge.unsupported] == [f"It weighs {n} kg [1]." for n in range(3)]
    assert [(merge.text[one.start : one.end], one.instead) for one in merge.misplaced] == [
        ("[1]", n + 4) for n in range(3)
    ]
