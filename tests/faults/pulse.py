"""How soon a server answers `/health`, measured by another process: `python -m tests.faults.pulse PORT`.

Until its input is closed it asks again and again, then it prints how often, the median and the longest in
milliseconds."""

import http.client
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.serving import ROOT

EVERY_S = 0.05


@dataclass
class Pulse:
    """The figures, once the block is over; `longest_ms` is infinite where one was not answered."""

    asked: int = 0
    median_ms: float = 0.0
    longest_ms: float = 0.0


@contextmanager
def pulse(port: int) -> Iterator[Pulse]:
    """Measure for as long as the block lasts."""
    command = [sys.executable, "-m", "tests.faults.pulse", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    measured = Pulse()
    try:
        assert process.stdout.readline() == "ready\n"
        yield measured
        told, _ = process.communicate("", timeout=60)
        asked, median, longest = told.split()
        measured.asked, measured.median_ms, measured.longest_ms = int(asked), float(median), float(longest)
    finally:
        process.kill()
        process.wait()


def ask(port: int) -> float:
    """Milliseconds, of a new connection each time."""
    begun = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request("GET", "/health")
        well = line.getresponse().read() == b'{"status":"ok"}'
    except OSError:
        well = False
    finally:
        line.close()
    return (time.monotonic() - begun) * 1000 if well else float("inf")


def main(port: int) -> None:
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    times = [ask(port)]
    print("ready", flush=True)
    while not over.wait(EVERY_S):
        times.append(ask(port))
    print(len(times), round(statistics.median(times), 1), round(max(times[1:] or times), 1))


if __name__ == "__main__":
    main(int(sys.argv[1]))
