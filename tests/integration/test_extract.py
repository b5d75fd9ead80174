"""The extractor when a loader goes wrong: what a file can do to its process, and that it ends there."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.ingestion.extract import Extracted, Extractor, Limits

TIGHT = Limits(cpu_s=1, wall_s=60.0, memory_bytes=512 << 20, characters=100_000)
LOADERS = "tests.hostile_loaders"


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor(TIGHT, processes=1, loaders=LOADERS) as extractor:
        yield extractor


def written(folder: Path, actions: list[str]) -> list[str]:
    """A `.hostile` file for each action; their names, in order."""
    names = [f"{number}.hostile" for number in range(len(actions))]
    for name, action in zip(names, actions, strict=True):
        (folder / name).write_text(action)
    return names


def all_of(extractor: Extractor, folder: Path, *actions: str) -> list[Extracted]:
    return list(extractor.extract(folder, written(folder, list(actions))))


def text(found: Extracted) -> str:
    assert found.status == "ok", found.message
    assert found.content is not None
    return found.content.text


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("exit", "broke off"),
        ("babble", "no sensible answer"),
        ("segfault", "broke off"),
        ("kill", "broke off"),
        ("spin", "more than 1 s of processor time"),
        ("eat", "more than 512 MB of memory"),
        ("flood 100001", "more than 100,000 characters"),
        ("raise", "cannot be read (LookupError)"),
        ("recurse", "cannot be read (RecursionError)"),
    ],
)
def test_one_file_that_goes_wrong_costs_itself_alone(
    tmp_path: Path, extractor: Extractor, action: str, message: str
) -> None:
    before, found, after = all_of(extractor, tmp_path, "process", action, "process")
    assert text(before).isdecimal()
    assert text(after).isdecimal()
    assert (found.status, found.content) == ("rejected", None)
    assert message in found.message
    assert "business" not in found.message


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    with Extractor(Limits(wall_s=0.5), processes=1, loaders=LOADERS) as extractor:
        before, found, after = all_of(extractor, tmp_path, "process", "sleep 60", "process")
    assert text(before) != text(after)
    assert (found.status, found.content) == ("rejected", None)
    assert "longer than 0.5 s" in found.message


def test_a_sound_process_reads_many_files(tmp_path: Path, extractor: Extractor) -> None:
    held = bytes(200 << 20)  # what this process holds is no reason to replace the other
    assert len({text(found) for found in all_of(extractor, tmp_path, *["process"] * 20)}) == 1
    assert len(held) == 200 << 20


def test_a_process_that_has_kept_much_memory_is_replaced(tmp_path: Path, extractor: Extractor) -> None:
    first, keep, second = all_of(extractor, tmp_path, "process", "keep", "process")
    assert text(keep) == str(100 << 20)
    assert text(first) != text(second)


def test_what_a_library_prints_is_no_answer(tmp_path: Path, extractor: Extractor) -> None:
    assert [text(found) for found in all_of(extractor, tmp_path, "chatter", "chatter")] == ["done", "done"]


def test_a_process_writes_no_file_and_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "target"
    with Extractor(TIGHT, processes=1, loaders=LOADERS) as extractor:
        write, environment, path = all_of(extractor, tmp_path, f"write {target}", "environment", "path")
    assert write.status == "rejected"
    assert not target.exists() or target.read_bytes() == b""
    assert "OPENAI_API_KEY" not in text(environment).split()
    assert str(tmp_path) not in text(path).split()
    assert "" not in text(path).split(" ")


def test_the_real_limits_are_those_that_were_promised() -> None:
    assert Limits() == Limits(cpu_s=60, wall_s=120.0, memory_bytes=1 << 30, characters=64 << 20)


def test_results_come_in_order_and_name_the_bytes_that_were_read(tmp_path: Path) -> None:
    names = [f"{number:02}.md" for number in range(40)]
    for number, name in enumerate(names):
        (tmp_path / name).write_text(f"# Number {number}\n\n" + "word " * (4000 if number % 7 == 0 else 1))
    with Extractor(processes=2) as extractor:
        found = list(extractor.extract(tmp_path, iter(names)))
    assert [one.path for one in found] == [tmp_path / name for name in names]
    assert [one.content.title for one in found if one.content] == [f"Number {number}" for number in range(40)]
    assert [one.sha256 for one in found] == [
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in names
    ]
    assert all(one.seconds > 0 for one in found)


def test_several_processes_read_at_once(tmp_path: Path) -> None:
    names = written(tmp_path, ["sleep 0.4"] * 4)
    with Extractor(processes=4, loaders=LOADERS) as extractor:
        list(extractor.extract(tmp_path, written(tmp_path, ["process"] * 4)))  # they have started
        names = written(tmp_path, ["sleep 0.4"] * 4)
        began = time.monotonic()
        found = list(extractor.extract(tmp_path, names))
        took = time.monotonic() - began
    assert [one.status for one in found] == ["ok"] * 4
    assert took < sum(one.seconds for one in found)


def test_one_who_stops_listening_and_one_who_leaves_wait_for_nothing(tmp_path: Path) -> None:
    names = written(tmp_path, ["process", *["sleep 60"] * 8])
    began = time.monotonic()
    with Extractor(processes=1, loaders=LOADERS) as extractor:
        results = extractor.extract(tmp_path, names)
        assert next(results).status == "ok"
        results.close()
    assert time.monotonic() - began < 60


def test_no_process_outlives_its_parent(tmp_path: Path) -> None:
    written(tmp_path, ["process", "sleep 60"])
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom rag.ingestion.extract import Extractor\n"
        f"with Extractor(processes=1, loaders={LOADERS!r}) as extractor:\n"
        f"    results = extractor.extract(Path({str(tmp_path)!r}), ['0.hostile'])\n"
        "    print(next(results).content.text, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    child = int(done.stdout)
    deadline = time.monotonic() + 10
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def alive(process: int) -> bool:
    """Whether the process is there and not merely waiting to be collected."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_process_that_cannot_start_is_an_error_not_a_bad_file(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("words")
    with Extractor(loaders="tests.no_such_loaders") as extractor, pytest.raises(RuntimeError, match="does not start"):
        list(extractor.extract(tmp_path, ["a.md"]))


def test_no_descriptor_is_left_behind(tmp_path: Path) -> None:
    names = written(tmp_path, ["exit", "process"] * 3)
    held = len(os.listdir("/proc/self/fd"))
    with Extractor(TIGHT, processes=2, loaders=LOADERS) as extractor:
        list(extractor.extract(tmp_path, names))
    assert len(os.listdir("/proc/self/fd")) <= held
