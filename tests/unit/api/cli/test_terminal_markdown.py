"""Markdown that is drawn while it is written, on a terminal that is imitated."""

import pytest

from api.cli.terminal.markdown import MarkdownStream
from tests.terminal_screen import TerminalScreen

WIDTH = 40


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> TerminalScreen:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    monkeypatch.setenv("LINES", "30")
    return TerminalScreen(WIDTH)


TEXT = """\
The **Wren** has 85 kW, and that is more than you would think of a car of this size [1].

| model | kW |
| --- | --- |
| Wren | 85 |
| Heron | 110 |

- first
- *second*, which is a long one that takes more than one line of the screen

```
SELECT 1

FROM nothing
```

That is all."""


@pytest.mark.parametrize("piece", [1, 3, 7, 1000])
def test_it_ends_the_same_however_it_comes(terminal: TerminalScreen, piece: int) -> None:
    stream = MarkdownStream(terminal)
    for end in range(piece, len(TEXT) + piece, piece):
        stream.show(TEXT[:end])
    stream.end()
    whole = TerminalScreen(WIDTH)
    MarkdownStream(whole).show("")
    once = MarkdownStream(whole)
    once.show(TEXT)
    once.end()
    assert terminal.shown == whole.shown
    for sign in ("**", "| ---", "```", "*second*"):
        assert sign not in terminal.shown
    for word in ("Wren", "110", "second", "SELECT 1", "FROM nothing", "That is all.", "[1]"):
        assert word in terminal.shown


def test_what_is_written_is_seen_before_it_is_whole(terminal: TerminalScreen) -> None:
    stream = MarkdownStream(terminal)
    stream.show("The Wren has 8")
    assert terminal.shown == "The Wren has 8"
    stream.show("The Wren has 85 kW.\n\nAnd the **Her")
    assert terminal.shown == "The Wren has 85 kW.\n\nAnd the **Her"


def test_another_text_stands_below(terminal: TerminalScreen) -> None:
    stream = MarkdownStream(terminal)
    stream.show("It has 8")
    stream.show("Something else.")
    stream.end()
    assert terminal.shown == "It has 8\n\nSomething else."


def test_what_stood_there_already_is_not_drawn_again(terminal: TerminalScreen) -> None:
    stream = MarkdownStream(terminal)
    stream.skip("It has 85 kW. ")
    stream.show("It has 85 kW. And four doors.")
    stream.end()
    assert terminal.shown == "And four doors."


def test_a_block_longer_than_the_screen_is_left_as_it_was_written(terminal: TerminalScreen) -> None:
    lines = "\n".join(f"- line {number}" for number in range(60))
    stream = MarkdownStream(terminal)
    for end in range(0, len(lines), 5):
        stream.show(lines[:end])
    stream.show(lines + "\n\nDone.")
    stream.end()
    assert "line 59" in terminal.shown
    assert terminal.shown.endswith("Done.")
