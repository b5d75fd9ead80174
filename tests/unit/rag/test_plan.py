import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest import File, Plan, plan, scan


def file(name: str, content_hash: str) -> File:
    return File(name, Path("/root") / name, content_hash)


@pytest.mark.parametrize(
    ("known", "prune", "expected"),
    [
        ({}, True, (["a", "b"], [], [], [])),
        ({"a": "1", "b": "2"}, True, ([], [], ["a", "b"], [])),
        ({"a": "0", "b": "2"}, True, ([], ["a"], ["b"], [])),
        ({"b": "2", "gone": "3"}, True, (["a"], [], ["b"], ["gone"])),
        ({"b": "2", "gone": "3"}, False, (["a"], [], ["b"], [])),
    ],
)
def test_plan(known: dict[str, str], prune: bool, expected: tuple[list[str], ...]) -> None:
    made = plan([file("a", "1"), file("b", "2")], known, prune=prune)
    assert ([f.id for f in made.add], [f.id for f in made.update], list(made.skip), list(made.delete)) == expected


def test_refresh_reads_every_file_again() -> None:
    made = plan([file("a", "1"), file("b", "2")], {"a": "1"}, refresh=True)
    assert made == Plan(add=(file("b", "2"),), update=(file("a", "1"),), refresh=True)


NAMES = st.sampled_from("abcdef")


@given(st.dictionaries(NAMES, st.sampled_from("12")), st.dictionaries(NAMES, st.sampled_from("12")))
def test_carrying_out_a_plan_leaves_nothing_to_do(held: dict[str, str], known: dict[str, str]) -> None:
    files = [file(name, content_hash) for name, content_hash in held.items()]
    made = plan(files, known, prune=True)
    assert sorted([f.id for f in made.add + made.update] + list(made.skip)) == sorted(held)
    after = {name: content_hash for name, content_hash in known.items() if name not in made.delete}
    after |= {f.id: f.content_hash for f in made.add + made.update}
    assert after == held
    assert plan(files, after, prune=True) == Plan(skip=tuple(held))


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
    listing = scan(tmp_path)
    assert {(f.id, f.subject) for f in listing.files} == {
        ("specs/wren.md", "specs"),
        ("root.txt", ""),
        ("specs/deep/er.csv", "specs"),
    }
    assert len({f.content_hash for f in listing.files}) == 1
    assert listing.other == ("questions.jsonl",)
    assert {failure.id for failure in listing.refused} == {"link.md", "pipe.md"}


def test_names_that_no_catalogue_can_hold_are_refused(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.md"))).write_text("text")
    folder = tmp_path / ("d" * 200) / ("e" * 200) / ("f" * 200)
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("text")
    listing = scan(tmp_path)
    assert listing.files == ()
    assert len(listing.refused) == 2
    for failure in listing.refused:
        failure.id.encode()


def test_scan_of_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        scan(tmp_path / "missing")
