"""Which changes are believed while other programs are at work in a folder."""

from pathlib import Path

from rag.ingestion.scan import File, scan
from rag.ingestion.settling import FEW, GONE_S, Absences, whole


def file(name: str, content: str) -> File:
    return File(name, Path(name), content)


def test_a_file_that_is_being_written_waits() -> None:
    before = [file("a.md", "1"), file("b.md", "1")]
    after = [file("a.md", "1"), file("b.md", "2"), file("c.md", "1")]
    assert [one.id for one in whole(before, after)] == ["a.md"]


def test_a_document_goes_when_its_file_has_been_gone_for_a_while() -> None:
    absences = Absences()
    assert absences.look(["a.md"], 10, 100.0).to_go == ()
    assert absences.look(["a.md", "b.md"], 10, 100.0 + GONE_S).to_go == ("a.md",)
    assert absences.look(["b.md"], 10, 100.0 + GONE_S).to_go == ()


def test_a_file_that_comes_back_begins_anew() -> None:
    absences = Absences()
    absences.look(["a.md"], 10, 100.0)
    absences.look([], 10, 101.0)
    assert absences.look(["a.md"], 10, 100.0 + GONE_S).to_go == ()


def test_a_folder_that_is_suddenly_empty_takes_nothing_away() -> None:
    absences, names = Absences(), [f"{number}.md" for number in range(40)]
    for later in (0.0, GONE_S, 10 * GONE_S):
        missed = absences.look(names, 40, later)
        assert (missed.to_go, missed.too_many) == ((), 40)
    few = names[:FEW]
    absences.look(few, FEW, 1000.0)
    assert absences.look(few, FEW, 1000.0 + GONE_S).to_go == tuple(sorted(few))


def test_what_programs_leave_beside_documents_is_no_document(tmp_path: Path) -> None:
    for name in ("guide.md", "~$guide.docx", ".guide.md.part", ".~lock.guide.docx#"):
        (tmp_path / name).write_text("Words")
    conflicts = (
        "guide.sync-conflict-20260101-120000-ABCDEFG.md",
        "guide (conflicted copy 2026-01-01 120000).md",
        "guide (Ada's conflicted copy 2026-01-01).md",
    )
    for name in conflicts:
        (tmp_path / name).write_text("Other words")
    found = scan(tmp_path)
    assert [one.id for one in found.files] == ["guide.md"]
    assert {failure.id for failure in found.refused} == set(conflicts)
    assert all("keep the right one" in failure.message for failure in found.refused)
