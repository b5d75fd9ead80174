"""Reading lines, showing figures and progress."""

import os
from collections.abc import Iterable
from pathlib import Path
from threading import Thread

import pytest
import typer

from api.cli.evaluation.tables import changes, table
from api.cli.terminal.output import check_writable, progress, read_json_lines, write_json_lines, written_whole
from api.failure import CommandFailed
from orchestrator.evaluation.bootstrap import Estimate
from orchestrator.evaluation.comparison import Change, Common, Comparison


def test_json_lines_come_back_as_they_were_written(tmp_path: Path) -> None:
    path, values = tmp_path / "lines.jsonl", [{"id": 1, "text": "grüße"}, {"id": "b", "text": "\u2028"}]
    write_json_lines(path, values)
    assert read_json_lines(path) == values


@pytest.mark.parametrize("line", ["{", "[1]", "NaN", '"text"'])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"id": 1}\n\n' + line + "\n")
    with pytest.raises(CommandFailed, match="line 3"):
        read_json_lines(path)


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"id": 1}\r\n{"id": 2}\r\n')
    assert read_json_lines(path) == [{"id": 1}, {"id": 2}]


def test_a_line_that_never_ends_is_given_up() -> None:
    with pytest.raises(CommandFailed, match="line 1 is longer than 64 MB"):
        read_json_lines(Path("/dev/zero"))


def test_a_file_is_written_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    write_json_lines(path, [1])
    with pytest.raises(TypeError):
        write_json_lines(path, [2, object()])
    assert path.read_bytes() == b"1\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_named() -> None:
    with pytest.raises(CommandFailed, match="/dev/full could not be written: No space left on device"):
        write_json_lines(Path("/dev/full"), ["x"])


def test_a_link_stays_a_link_and_a_pipe_a_pipe(tmp_path: Path) -> None:
    path, link, pipe = tmp_path / "lines.jsonl", tmp_path / "link", tmp_path / "pipe"
    path.touch()
    link.symlink_to(path)
    write_json_lines(link, [1])
    assert link.is_symlink()
    assert path.read_bytes() == b"1\n"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = Thread(target=lambda: heard.append(pipe.read_bytes()))
    reader.start()
    with written_whole(pipe) as file:
        file.write(b"2")
    reader.join(10)
    assert heard == [b"2"]
    assert pipe.is_fifo()


def test_where_nothing_can_be_written_is_wrong_usage(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "such.jsonl", Path("/proc/nothing/here.json")):
        with pytest.raises(typer.BadParameter):
            check_writable(path)
    check_writable(tmp_path / "new.jsonl")


def test_plain_progress_says_how_much_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Reading") as advance:
        advance(0, 2, "a.md")
        advance(1, 2, "b.md")
        advance(2, 2, "")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0] == "Reading 0/2  a.md"
    assert shown.err.splitlines()[-1].startswith("Reading 2/2")


def test_quiet_progress_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Reading", quiet=True) as advance:
        advance(1, 2, "a.md")
    assert capsys.readouterr().err == ""


def rows(lines: Iterable[str]) -> list[list[str]]:
    return [row.split() for row in lines if row]


def test_the_table_has_a_row_for_all_and_for_each_kind() -> None:
    figures = {
        "cases": 3,
        "overall": {"cases": 3, "route": 0.5},
        "by_kind": {"plain": {"cases": 2, "route": None}, "absent": {"cases": 1, "route": 0.5}},
    }
    assert rows(table(figures)) == [
        ["cases", "3"],
        ["route", "0.5000"],
        ["kind", "cases", "route"],
        ["all", "3", "0.5000"],
        ["plain", "2", "-"],
        ["absent", "1", "0.5000"],
    ]


def test_a_group_of_single_figures_has_one_column() -> None:
    assert rows(table({"by_kind": {"plain": 0.25}})) == [["kind", "accuracy"], ["plain", "0.2500"]]


def test_figures_stand_with_their_intervals_wherever_else_they_are_shown() -> None:
    interval = {"value": 0.934, "low": 0.9112, "high": 0.95}
    intervals = {"accuracy": interval, "passed": interval}
    figures = {"accuracy": 0.934, "f1": None, "intervals": intervals, "overall": {"passed": 0.934}}
    assert list(table(figures)) == [
        "passed    0.9340 [0.91, 0.95]",
        "accuracy  0.9340 [0.91, 0.95]",
        "f1             -",
    ]


def test_confusion_is_a_matrix_or_the_most_frequent_mistakes() -> None:
    few = rows(table({"confusion": {"a": {"a": 5, "b": 2}, "c": {"b": 1}}}))
    assert few[1:] == [["1", "a", "5", "2", "."], ["2", "b", ".", ".", "."], ["3", "c", ".", "1", "."]]
    many = {f"l{number}": {f"l{number + 1}": number} for number in range(1, 40)}
    shown = rows(table({"confusion": many}))
    assert shown[0][-2:] == ["mistakes", "cases"]
    assert shown[1] == ["l39", "->", "l40", "39"]
    assert len(shown) == 17


def test_changes_name_the_cases_but_not_thousands_of_them() -> None:
    change = Change(0.5, 0.25, Estimate(-0.25, -0.3, -0.2), "worse")
    common = Common(("1", "2"), missing=tuple(range(100)), added=(), changed=("x",))
    shown = "\n".join(changes(Comparison(common, {"accuracy": change}, worse=("q1", "q2"), better=())))
    assert ["accuracy", "0.5000", "0.2500", "-0.2500", "[-0.3000,", "-0.2000]", "worse"] in rows(shown.splitlines())
    assert "worse cases (2): q1 q2" in shown
    assert "29 and 70 more (--json names all)" in shown
    assert "better cases" not in shown
