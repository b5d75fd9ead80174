"""What `pitcrew ingest` makes of the paths it is given."""

from pathlib import Path

from api.cli.ingest import lines
from api.cli.terminal.files import listed, root_of
from rag.ingestion.ingest import Move, Plan
from rag.ingestion.scan import Failure, File


def tree(root: Path) -> None:
    for name in ("specs/wren.md", "specs/deep/osprey.txt", "maintenance/oil.md", "specs/photo.raw"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n\nText of {name}.\n")


def test_a_single_folder_is_the_root(tmp_path: Path) -> None:
    tree(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    assert root_of([tmp_path / "specs"], elsewhere) == tmp_path / "specs"
    assert root_of([tmp_path / "specs" / "wren.md"], elsewhere) == tmp_path / "specs"


def test_several_paths_count_from_the_folder_that_holds_them_all(tmp_path: Path) -> None:
    tree(tmp_path)
    places = [tmp_path / "specs" / "deep", tmp_path / "maintenance" / "oil.md"]
    assert root_of(places, tmp_path / "elsewhere") == tmp_path


def test_a_part_of_the_knowledge_base_keeps_its_place_in_it(tmp_path: Path) -> None:
    tree(tmp_path)
    place = tmp_path / "specs" / "wren.md"
    root = root_of([place], tmp_path)
    assert root == tmp_path
    assert [file.id for file in listed([place], root).files] == ["specs/wren.md"]


def test_a_file_given_twice_is_listed_once(tmp_path: Path) -> None:
    tree(tmp_path)
    listing = listed([tmp_path / "specs", tmp_path / "specs" / "wren.md", tmp_path], tmp_path)
    assert [file.id for file in listing.files] == ["maintenance/oil.md", "specs/deep/osprey.txt", "specs/wren.md"]
    assert listing.other == ("specs/photo.raw",)


def test_the_hash_does_not_depend_on_how_a_file_was_named(tmp_path: Path) -> None:
    tree(tmp_path)
    whole = {file.id: file.content_hash for file in listed([tmp_path], tmp_path).files}
    part = {file.id: file.content_hash for file in listed([tmp_path / "specs"], tmp_path).files}
    assert part == {name: held for name, held in whole.items() if name.startswith("specs/")}


def test_every_document_has_one_line_and_a_failure_wins() -> None:
    add, bad, update = (File(name, Path(name), "0") for name in ("b.md", "bad.md", "a.md"))
    move = Move(File("m.md", Path("m.md"), "0"), "o.md")
    todo = Plan(add=(add, bad), update=(update,), move=(move,), skip=("c.md",), hold=("h.md",), delete=("d.md",))
    found = list(lines(todo, [Failure("bad.md", "Not UTF-8.")], ["e.raw"]))
    assert [(line["document"], line["action"]) for line in found] == [
        ("a.md", "update"),
        ("b.md", "add"),
        ("bad.md", "fail"),
        ("c.md", "skip"),
        ("d.md", "delete"),
        ("e.raw", "ignore"),
        ("h.md", "hold"),
        ("m.md", "move"),
    ]
    assert found[2]["message"] == "Not UTF-8."
    assert found[-1]["moved_from"] == "o.md"


def test_what_is_about_the_documents_is_none(tmp_path: Path) -> None:
    for name in ("vehicles.csv", "questions.jsonl", "questions-second.jsonl", "specs/questions.jsonl", "faq.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    listing = listed([tmp_path], tmp_path)
    assert [file.id for file in listing.files] == ["faq.jsonl", "specs/questions.jsonl"]
    assert listing.other == ("questions-second.jsonl", "questions.jsonl", "vehicles.csv")


def test_figures_to_ask_about_are_no_documents(tmp_path: Path) -> None:
    for name in ("datasets/sales/sales.csv", "datasets/datasets.toml", "specs/datasets/a.csv", "b.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a,b\n1,2\n")
    whole = listed([tmp_path], tmp_path)
    assert [file.id for file in whole.files] == ["b.md", "specs/datasets/a.csv"]
    assert whole.other == ("datasets",)
    part = listed([tmp_path / "datasets" / "sales"], tmp_path)
    assert (part.files, part.other) == ((), ("datasets/sales",))
    (tmp_path / "datasets" / "datasets.toml").unlink()  # then it is a folder like any other
    assert "datasets/sales/sales.csv" in [file.id for file in listed([tmp_path], tmp_path).files]
