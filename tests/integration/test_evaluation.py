"""`pitcrew eval` as a CI runs it: figures, predictions, pictures, saved runs, and the exit code of a worse run."""

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from tests.serving import KNOWLEDGE, duplicate, environment, knows_vehicles, pitcrew, prepared

PLACES = (
    "houses",
    "the sea",
    "tunnels",
    "high trees",
    "snow caves",
    "old barns",
    "reed beds",
    "dry sand",
    "church towers",
)
ANIMALS = ("Cats", "Seals", "Moles", "Squirrels", "Bears", "Owls", "Herons", "Lizards", "Bats")
SAID = {
    "refund": ["I want my money back", "please refund the order", "return the payment to me", "give me a refund"],
    "parcel": ["where is my parcel", "has the package been sent", "track my delivery", "the parcel is late"],
}
ASKED = [
    ("my package has not arrived", "parcel"),
    ("when does the delivery come", "parcel"),
    ("is the parcel on its way", "parcel"),
    ("track the package please", "parcel"),
    ("refund my payment", "refund"),
    ("I would like my money returned", "refund"),
    ("can the order be refunded", "refund"),
    ("send the payment back to me", "refund"),
]


def write(path: Path, lines: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def evaluate(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Run `pitcrew eval` on the whole knowledge base, in a process of its own."""
    data = duplicate(ingested, tmp_path_factory.mktemp("eval") / "data")

    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        return pitcrew("eval", *map(str, arguments), env=environment(data))

    return run


@pytest.fixture(scope="module")
def some(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every tenth question of the project's own set."""
    lines = (KNOWLEDGE / "questions.jsonl").read_text().splitlines()[::10]
    path = tmp_path_factory.mktemp("questions") / "some.jsonl"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.timeout(400)
def test_routing_is_measured_saved_and_drawn(evaluate: Callable[..., Any], some: Path, tmp_path: Path) -> None:
    saved, picture, predictions = tmp_path / "run.json", tmp_path / "curve.svg", tmp_path / "p.jsonl"
    outputs = ("--save", saved, "--plot", picture, "--predictions", predictions)
    done = evaluate("routing", some, "--json", *outputs)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["cases"] == len(read(some)) == len(read(predictions))
    assert figures["accuracy"] > 0.7
    for name, one in figures["intervals"].items():
        assert one["low"] <= one["value"] == figures[name] <= one["high"]
    assert {"accuracy", "macro_f1", "in_scope_kept", "out_of_scope_recall", "coverage_area"} <= figures[
        "intervals"
    ].keys()
    assert sum(count for row in figures["confusion"].values() for count in row.values()) == figures["scored"]
    assert all(set(line) == {"id", "route", "confidence"} for line in read(predictions))
    assert_is_picture_of_coverage(picture)
    again = evaluate("routing", some, "--baseline", saved)
    assert again.returncode == 0, again.stderr
    assert f"accuracy             {figures['accuracy']:.4f} [" in again.stdout
    assert {line.split()[-1] for line in again.stdout.split("since the baseline")[1].splitlines()[1:]} == {"same"}


def assert_is_picture_of_coverage(path: Path) -> None:
    root = ET.fromstring(path.read_bytes())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = " ".join("".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "coverage: share answered, most certain first" in texts
    assert "accuracy: share routed right" in texts


def test_a_router_that_learnt_worse_is_a_regression(evaluate: Callable[..., Any], tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", ({"text": t, "label": label} for label, texts in SAID.items() for t in texts))
    other = {"refund": "parcel", "parcel": "refund"}
    bad = write(tmp_path / "bad.jsonl", ({**line, "label": other[line["label"]]} for line in read(good)))
    asked = write(tmp_path / "q.jsonl", ({"id": n, "text": t, "label": label} for n, (t, label) in enumerate(ASKED)))
    saved, predictions = tmp_path / "run.json", tmp_path / "p.jsonl"
    first = evaluate("routing", asked, "--labels", good, "--save", saved, "--predictions", predictions)
    assert first.returncode == 0, first.stderr
    assert [line["label"] for line in read(predictions)] == [label for _, label in ASKED]
    assert all(set(line) == {"id", "label", "confidence"} for line in read(predictions))
    worse = evaluate("routing", asked, "--labels", bad, "--baseline", saved)
    assert worse.returncode == 1
    assert "worse cases (8): 0 1 2 3 4 5 6 7" in worse.stdout
    assert "Worse than the baseline, beyond noise: accuracy, macro_f1" in worse.stderr
    assert "Traceback" not in worse.stderr
    foreign = evaluate("routing", asked, "--baseline", saved)
    assert foreign.returncode == 2
    assert "it measured labels, not routing" in foreign.stderr


def test_retrieval_over_a_spoilt_corpus_is_a_regression(evaluate: Callable[..., Any], tmp_path: Path) -> None:
    living = list(zip(ANIMALS, PLACES, strict=True))
    corpus = write(
        tmp_path / "c.jsonl",
        ({"id": n, "title": animal, "text": f"{animal} live in {place}."} for n, (animal, place) in enumerate(living)),
    )
    spoilt = write(tmp_path / "s.jsonl", ({**line, "text": "Nothing is known.", "title": "?"} for line in read(corpus)))
    asked = write(
        tmp_path / "q.jsonl",
        [
            {"id": f"q{n}", "question": f"Which animals live in {place}?", "relevant": [n]}
            for n, place in enumerate(PLACES)
        ]
        + [{"id": "none", "question": "Who won the football match?", "relevant": []}],
    )
    saved, picture, predictions = tmp_path / "run.json", tmp_path / "curve.PNG", tmp_path / "p.jsonl"
    outputs = ("--save", saved, "--plot", picture, "--predictions", predictions)
    first = evaluate("retrieval", asked, "--corpus", corpus, *outputs)
    assert first.returncode == 0, first.stderr
    names = [line.split()[0] for line in first.stdout.splitlines() if line]
    assert names[:8] == ["cases", "scored", "unanswerable", "ndcg@10", "recall@1", "recall@5", "recall@10", "mrr@10"]
    made = read(predictions)
    assert [line["ranked"][0] for line in made[:-1]] == list(range(9))
    assert all(set(line) == {"id", "ranked", "scores", "answerable"} for line in made)
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    worse = evaluate("retrieval", asked, "--corpus", spoilt, "--baseline", saved, "--json")
    assert worse.returncode == 1
    compared = json.loads(worse.stdout)["baseline"]
    assert compared["figures"]["ndcg@10"]["verdict"] == "worse"
    assert compared["figures"]["ndcg@10"]["difference"]["high"] < 0
    assert len(compared["worse"]) >= 7
    assert "of the relevant documents are not in" not in first.stderr
    nothing = evaluate("retrieval", asked, "--corpus", write(tmp_path / "none.jsonl", []))
    assert nothing.returncode == 1
    assert "holds no documents" in nothing.stderr
    edited = write(tmp_path / "e.jsonl", [{**line, "question": "Other?"} for line in read(asked)])
    foreign = evaluate("retrieval", edited, "--corpus", corpus, "--baseline", saved)
    assert foreign.returncode == 2
    assert "another question set: only 0 of its 10 cases" in foreign.stderr


@pytest.mark.timeout(400)
def test_answers_without_their_documents_are_a_regression(
    evaluate: Callable[..., Any], some: Path, ingested: Path, tmp_path: Path
) -> None:
    saved, picture = tmp_path / "run.json", tmp_path / "curve.png"
    first = evaluate("answers", some, "--save", saved, "--plot", picture, "--failures")
    assert first.returncode == 0, first.stderr
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert first.stdout.startswith("cases  ")
    data, folder = prepared(ingested, tmp_path / "data"), tmp_path / "library"
    shutil.copytree(KNOWLEDGE / "company", folder / "company")
    knows_vehicles(folder)
    assert pitcrew("ingest", str(folder), "--quiet", env=environment(data)).returncode == 0
    worse = pitcrew("eval", "answers", str(some), "--baseline", str(saved), "--json", env=environment(data))
    assert worse.returncode == 1, worse.stderr
    compared = json.loads(worse.stdout)["baseline"]
    assert compared["figures"]["passed"]["verdict"] == compared["figures"]["source"]["verdict"] == "worse"
    assert len(compared["worse"]) > len(compared["better"])
    failed = [one["id"] for one in json.loads(saved.read_text())["outcomes"] if not all(one["checks"].values())]
    assert not set(compared["worse"]) & set(failed)


# --- hostile files, before anything is loaded -----------------------------------------------------------------------


def ended(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code and stderr of `pitcrew eval`, which must fail without writing to stdout."""
    monkeypatch.setattr(sys, "argv", ["pitcrew", "eval", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    out, err = capfd.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return int(left.value.code or 0), err


GOOD = b'{"id": 1, "text": "x", "route": "specs"}\n'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no questions"),
        (b"\n \n", "holds no questions"),
        (b"id,text\n1,hello\n", "line 1 is not JSON"),
        (b"\x89PNG\r\n\x1a\n\0\0", "line 1 is not JSON"),
        (b'{"id": 1, "text": "\xff"}', "line 1 is not JSON"),
        (GOOD + b"[1, 2]\n", "line 2 is not a JSON object"),
        (GOOD + b"\n\n" + b"[" * 100_000, "line 4 is not JSON"),
        (GOOD + b'\n{"id": 2}\n', "line 3: neither `text` nor `question`"),
        (b'{"text": "x"}', "line 1: Object missing required field `id`"),
        (b'{"id": 1, "text": {"a": 1}}', "line 1: Expected `str | null`, got `object` - at `$.text`"),
        (b'{"id": 1, "text": "x", "routes": [1]}', "line 1: Expected `str`, got `int`"),
        (b'{"id": 1, "text": "x", "relevant": {"a": "high"}}', "line 1: Expected `float`, got `str`"),
        (b'{"id": 1, "text": "x", "history": ["hello"]}', "line 1: Expected `object`, got `str`"),
        (GOOD + b'{"id": "1", "text": "y"}\n' + GOOD, "line 3: the id 1 is there already, on line 1"),
        (b'{"id": 1, "text": "' + b"x" * 100_001 + b'"}', "line 1: the text is longer than 100,000 characters"),
        (b'{"id": 1, "text": "' + b"x" * (65 << 20), "line 1 is longer than 64 MB"),
    ],
)
def test_a_bad_question_file_is_one_error_that_names_the_line(
    content: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file, predictions = tmp_path / "q.jsonl", tmp_path / "p.jsonl"
    file.write_bytes(content)
    code, err = ended(monkeypatch, capfd, "routing", file, "--predictions", predictions)
    assert code == 1
    assert err.startswith("pitcrew: ")
    assert len(err.splitlines()) == 1
    assert str(file) in err
    assert said in err
    assert not predictions.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "labels: at least two"),
        (b'{"text": "x", "label": "a"}', "1 labels: at least two"),
        (b'{"text": "x", "label": 1}', "line 1 has no `text` and `label`"),
        (b'{"text": "x", "label": "a"}\n\n{"label": "b"}', "line 3 has no `text` and `label`"),
        (b"\0", "line 1 is not JSON"),
    ],
)
def test_bad_examples_are_one_error_that_names_the_line(
    content: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file, examples = tmp_path / "q.jsonl", tmp_path / "e.jsonl"
    file.write_bytes(b'{"id": 1, "text": "x"}')
    examples.write_bytes(content)
    code, err = ended(monkeypatch, capfd, "routing", file, "--labels", examples)
    assert (code, len(err.splitlines())) == (1, 1)
    assert said in err


def test_a_label_that_is_no_text_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "q.jsonl", [{"id": 1, "text": "x", "label": ["a"]}])
    examples = write(tmp_path / "e.jsonl", [{"text": "x", "label": "a"}, {"text": "y", "label": "b"}])
    code, err = ended(monkeypatch, capfd, "routing", file, "--labels", examples)
    assert code == 1
    assert "line 1: `label` is no text" in err


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff" * 100, b'{"format": "pitcrew-eval-1", "kind": "routing"}', GOOD]
)
def test_a_damaged_baseline_is_found_before_anything_is_measured(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file, baseline = tmp_path / "q.jsonl", tmp_path / "b.json"
    file.write_bytes(GOOD)
    baseline.write_bytes(content)
    code, err = ended(monkeypatch, capfd, "routing", file, "--baseline", baseline)
    assert (code, len(err.splitlines())) == (2, 1)
    assert f"The baseline {baseline} cannot be used: it is no run that `--save` wrote" in err
    assert f"--save {baseline}" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--plot", "curve.jpg"),
        ("--plot", "curve"),
        ("--plot", "no/such/curve.png"),
        ("--predictions", "."),
        ("--predictions", "/proc/nothing/p.jsonl"),
        ("--save", "q.jsonl"),
        ("--save", "one.svg", "--plot", "one.svg"),
        ("--save", "b.json", "--baseline", "b.json"),
        ("--baseline", "no-such.json"),
        ("--baseline", "."),
        ("--labels", "q.jsonl", "--corpus", "q.jsonl"),
    ],
)
def test_files_that_cannot_be_used_are_wrong_usage_from_the_start(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.jsonl").write_bytes(GOOD)
    (tmp_path / "b.json").write_bytes(b"{}")
    monkeypatch.chdir(tmp_path)
    code, _ = ended(monkeypatch, capfd, "routing", "q.jsonl", *arguments)
    assert code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.json", "q.jsonl"]


# --- questions about figures ----------------------------------------------------------------------------------------

FIGURES = [
    {"id": "n", "question": "How many incidents were reported in 2025?", "answer": {"figure": 1834}},
    {"id": "off", "question": "How many incidents were reported in 2024?", "answer": {"figure": 1}},
    {"id": "no", "question": "What will the weather be tomorrow?", "answer": {"figure": 1}},
]


def test_analysis_is_measured_by_its_figures_and_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PITCREW_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PITCREW_KNOWLEDGE_DIR", str(KNOWLEDGE))
    file, saved, predictions = write(tmp_path / "q.jsonl", FIGURES), tmp_path / "run.json", tmp_path / "p.jsonl"

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["pitcrew", "eval", "analysis", str(file), *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return (int(left.value.code or 0), *capfd.readouterr())

    code, out, err = run("--save", saved, "--predictions", predictions, "--failures")
    assert code == 0, err
    assert [line["result"] for line in read(predictions)] == ["right", "wrong", "declined"]
    assert read(predictions)[0]["rows"] == [[1834]]
    assert "wrong_and_verified  0.3333" in out
    assert "off: wrong and verified: SELECT" in out
    assert "no: declined: " in out
    code, out, err = run("--baseline", saved, "--json")
    assert code == 0, err
    assert json.loads(out)["baseline"]["figures"]["right"]["verdict"] == "same"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"id": 1, "question": "x"}, "line 1: `answer` is not given"),
        ({"id": 1, "question": "x", "answer": {"figure": "x"}}, "line 1: Expected"),
        ({"id": 1, "question": "How many?", "answer": None, "dataset": "none such"}, "pitcrew datasets list"),
    ],
)
def test_bad_questions_about_figures_are_one_error(
    line: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PITCREW_DATA_DIR", str(tmp_path / "data"))
    code, err = ended(monkeypatch, capfd, "analysis", write(tmp_path / "q.jsonl", [line]))
    assert code == 1
    assert said in err
