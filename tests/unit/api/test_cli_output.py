"""Reading lines, showing figures and progress."""

from pathlib import Path

import pytest

from api.cli.evaluate import table
from api.cli.failure import CommandFailed
from api.cli.output import progress, read_json_lines, write_json_lines


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


def test_the_table_has_a_row_for_all_and_for_each_kind() -> None:
    figures = {
        "cases": 3,
        "overall": {"cases": 3, "route": 0.5},
        "by_kind": {"plain": {"cases": 2, "route": None}, "absent": {"cases": 1, "route": 0.5}},
    }
    rows = [row.split() for row in table(figures) if row]
    assert rows == [
        ["cases", "3"],
        ["kind", "cases", "route"],
        ["all", "3", "0.5000"],
        ["plain", "2", "-"],
        ["absent", "1", "0.5000"],
    ]


def test_a_group_of_single_figures_has_one_column() -> None:
    rows = [row.split() for row in table({"by_kind": {"plain": 0.25}}) if row]
    assert rows == [["kind", "accuracy"], ["plain", "0.2500"]]
