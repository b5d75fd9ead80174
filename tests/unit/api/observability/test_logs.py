import io
import os
import threading

from api.observability.logs import LINES, LogStream


class Stuck(io.StringIO):
    """A stream whose reader takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def write(self, text: str) -> int:
        self.go.wait(10)
        return super().write(text)


class Full(io.StringIO):
    """A file on a disk that is full for a while."""

    full = True

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, os.strerror(28))
        return super().write(text)


def test_lines_come_out_in_order() -> None:
    out = io.StringIO()
    stream = LogStream(out)
    for n in range(100):
        stream.write(f"{n}\n")
    stream.settle(10)
    assert out.getvalue().split() == [str(n) for n in range(100)]


def test_a_reader_that_has_stopped_holds_nobody_up() -> None:
    out = Stuck()
    stream = LogStream(out)
    for n in range(LINES + 500):
        stream.write(f"{n}\n")
    stream.settle(0.01)
    out.go.set()
    stream.settle(10)
    stream.write("later\n")
    stream.settle(10)
    lines = out.getvalue().splitlines()
    told = [line for line in lines if line.endswith("log lines could not be written")]
    assert told
    assert sum(int(line.split()[0]) for line in told) + len(lines) - len(told) - 1 == LINES + 500
    assert lines[-1] == "later"


def test_a_full_disk_costs_lines_and_nothing_else() -> None:
    out = Full()
    stream = LogStream(out)
    stream.write("lost\n")
    stream.settle(10)
    out.full = False
    stream.write("kept\n")
    stream.settle(10)
    assert out.getvalue() == "1 log lines could not be written\nkept\n"
