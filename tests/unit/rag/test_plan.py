import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.catalogue import Standing
from rag.ingestion.ingest import Move, Plan, plan
from rag.ingestion.scan import File, Hashes, scan


def file(name: str, content_hash: str) -> File:
    return File(name, Path("/root") / name, content_hash)


def shown(seen_hash: str, shown_hash: str | None = None) -> Standing:
    """A document whose file was last seen with one content, and that shows that or another one."""
    return Standing(seen_hash, shown_hash or seen_hash, 1)


GONE = Standing(None, None, None)
REMOVED = Standing("1", None, None)


@pytest.mark.parametrize(
    ("known", "prune", "expected"),
    [
        ({}, True, (["a", "b"], [], [], [])),
        ({"a": shown("1"), "b": shown("2")}, True, ([], [], ["a", "b"], [])),
        ({"a": shown("0"), "b": shown("2")}, True, ([], ["a"], ["b"], [])),
        ({"b": shown("2"), "gone": shown("3")}, True, (["a"], [], ["b"], ["gone"])),
        ({"b": shown("2"), "gone": shown("3")}, False, (["a"], [], ["b"], [])),
        ({"a": GONE, "b": shown("2"), "c": GONE}, True, (["a"], [], ["b"], [])),
    ],
)
def test_plan(known: dict[str, Standing], prune: bool, expected: tuple[list[str], ...]) -> None:
    made = plan([file("a", "1"), file("b", "2")], known, prune=prune)
    assert ([f.id for f in made.add], [f.id for f in made.update], list(made.skip), list(made.delete)) == expected
    assert (made.hold, made.move) == ((), ())


@pytest.mark.parametrize("standing", [shown("1", "0"), REMOVED])
def test_what_a_person_chose_stays_until_the_file_changes(standing: Standing) -> None:
    assert plan([file("a", "1")], {"a": standing}, prune=True) == Plan(hold=("a",))
    changed, forced = file("a", "2"), file("a", "1")
    assert plan([changed], {"a": standing}).files == (changed,)
    assert plan([forced], {"a": standing}, force=True).files == (forced,)


def test_force_reads_every_file_again() -> None:
    made = plan([file("a", "1"), file("b", "2")], {"a": shown("1")}, force=True)
    assert made == Plan(add=(file("b", "2"),), update=(file("a", "1"),), force=True)


def test_a_file_at_another_path_is_a_move_also_without_prune() -> None:
    made = plan([file("new", "1"), file("other", "2")], {"old": shown("1"), "rest": shown("3")})
    assert made == Plan(add=(file("other", "2"),), move=(Move(file("new", "1"), "old"),))


def test_a_file_that_is_still_there_was_copied_not_moved() -> None:
    files = [file("copy", "1"), file("old", "1")]
    assert plan(files, {"old": shown("1")}) == Plan(add=(files[0],), skip=("old",))


def test_each_document_moves_once() -> None:
    files = [file("n1", "1"), file("n2", "1"), file("n3", "1")]
    made = plan(files, {"o1": shown("1"), "o2": shown("1"), "o3": shown("1", "0"), "o4": GONE}, prune=True)
    assert made == Plan(add=(files[2],), move=(Move(files[0], "o1"), Move(files[1], "o2")), delete=("o3",))


NAMES = st.sampled_from("abcdef")
CONTENTS = st.dictionaries(NAMES, st.sampled_from("12"))


@given(CONTENTS, CONTENTS)
def test_carrying_out_a_plan_leaves_nothing_to_do(held: dict[str, str], before: dict[str, str]) -> None:
    known = {name: shown(content_hash) for name, content_hash in before.items()}
    files = [file(name, content_hash) for name, content_hash in held.items()]
    made = plan(files, known, prune=True)
    assert sorted([f.id for f in made.files] + list(made.skip)) == sorted(held)
    gone = {*made.delete, *(move.source for move in made.move)}
    after = {name: standing for name, standing in known.items() if name not in gone}
    after |= {f.id: shown(f.content_hash) for f in made.files}
    assert {name: standing.published_hash for name, standing in after.items()} == held
    assert plan(files, after, prune=True) == Plan(skip=tuple(held))


def test_hashes_are_remembered_until_the_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("one")
    hashes = Hashes()
    first = hashes(path)
    assert hashes(path) == first
    path.write_text("two")
    os.utime(path, ns=(0, 0))
    assert hashes(path) != first


def test_scan_lists_documents_below_the_root(tmp_path: Path) -> None:
    for name in (
        "specs/wren.md",
        "root.txt",
        "specs/deep/er.csv",
        ".git/hidden.md",
        "specs/.draft.md",
        "questions.jsonl",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    (tmp_path / "link.md").symlink_to(tmp_path / "root.txt")
    (tmp_path / "outside").symlink_to("/usr/share", target_is_directory=True)
    os.mkfifo(tmp_path / "pipe.md")
    listing = scan(tmp_path, ignore=("questions.jsonl",))
    assert {(f.id, f.subject) for f in listing.files} == {
        ("specs/wren.md", "specs"),
        ("root.txt", ""),
        ("specs/deep/er.csv", "specs"),
    }
    assert len({f.content_hash for f in listing.files}) == 1
    assert listing.other == ("questions.jsonl",)
    assert {failure.id for failure in listing.refused} == {"link.md", "pipe.md"}


def test_an_ignored_folder_is_not_looked_into(tmp_path: Path) -> None:
    for name in ("figures/a.csv", "figures/deep/b.csv", "specs/figures/c.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a,b")
    assert [file.id for file in scan(tmp_path, ignore=("figures",)).files] == ["specs/figures/c.csv"]


def test_names_that_no_catalogue_can_hold_are_refused(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.md"))).write_text("text")
    folder = tmp_path / ("d" * 200) / ("e" * 200) / ("f" * 200)
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("text")
    listing = scan(tmp_path, ignore=("questions.jsonl",))
    assert listing.files == ()
    assert len(listing.refused) == 2
    for failure in listing.refused:
        failure.id.encode()


def test_scan_of_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        scan(tmp_path / "missing")
