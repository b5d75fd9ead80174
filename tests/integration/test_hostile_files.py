"""Files that strangers might send, each between two sound ones: it is refused with advice, or read, and the sound ones
are read in any case. They are read by the real extractor with its real limits."""

import io
import json
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.ingestion.extract import Extracted, Extractor
from tests import documents as made

NOTE = made.paragraph("Tighten the bolts.")
ROW = made.sheet_rows([["Part", "Price"], ["Bolt", 2]])
SHEET = {"Parts": ROW}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
PASSWORD = OLE + "EncryptedPackage".encode("utf-16-le") + bytes(2000)


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor(processes=2) as extractor:
        yield extractor


def among_others(extractor: Extractor, folder: Path, name: str) -> Extracted:
    """What comes of the file when it is read between two sound ones."""
    for sound in ("a.md", "z.md"):
        (folder / sound).write_text(f"# {sound}\n\nTighten the bolts.\n")
    before, found, after = extractor.extract(folder, ["a.md", name, "z.md"])
    for other, sound in ((before, "a.md"), (after, "z.md")):
        assert (other.path, other.status, other.message) == (folder / sound, "ok", "")
        assert other.content is not None
        assert other.content.title == sound
    return found


def bomb(language: Callable[[], bytes], size: int, entry: str = "media/image.bin") -> Callable[[], bytes]:
    def build() -> bytes:
        with zipfile.ZipFile(io.BytesIO(language())) as archive:
            parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
        return made.package({**parts, entry: bytes(size)})

    return build


def lying_sizes() -> bytes:
    """A bomb whose directory says that it unpacks to a few bytes."""
    data = bytearray(bomb(lambda: made.docx(NOTE), 30 << 20)())
    directory = data.index(b"PK\x01\x02")
    entry = data.rindex(b"media/image.bin")
    data[entry - 22 : entry - 18] = (100).to_bytes(4, "little")
    local = data.index(b"media/image.bin")
    data[local - 8 : local - 4] = (100).to_bytes(4, "little")
    assert local < directory < entry
    return bytes(data)


def renamed_entry(name: str) -> Callable[[], bytes]:
    """A document with an entry of this name."""
    return lambda: made.package({**made.docx_parts(NOTE), "word/aaaa": b"x"}).replace(b"word/aaaa", name.encode())


def encrypted_entries() -> bytes:
    data = bytearray(made.docx(NOTE))
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    return bytes(data)


def twice_named() -> bytes:
    return made.package({**made.docx_parts(NOTE), "word/documenu.xml": "<x/>"}).replace(b"documenu", b"document")


def nested(depth: int) -> bytes:
    inner = made.package({"bomb.bin": bytes(1 << 20)})
    for _ in range(depth):
        inner = made.package({f"{n}.zip": inner for n in range(8)})
    return inner


def protected_pdf() -> bytes:
    """A PDF that says that it is encrypted, by a key that nobody has."""
    keys = "/Filter /Standard /V 1 /R 2 /P -4 /O <" + "41" * 32 + "> /U <" + "42" * 32 + ">"
    return made.pdf("Secret").replace(b"trailer\n<<", f"trailer\n<< /Encrypt << {keys} >> /ID [<00><00>]".encode())


def cut(data: Callable[[], bytes], share: float = 0.6) -> Callable[[], bytes]:
    return lambda: data()[: int(len(data()) * share)]


def word(body: str = NOTE, declarations: str = "") -> Callable[[], bytes]:
    return lambda: made.docx(body, declarations)


def excel(rows: str = ROW, declarations: str = "") -> Callable[[], bytes]:
    return lambda: made.xlsx({"Parts": rows}, declarations=declarations)


def slides(declarations: str = "", text: str = "") -> Callable[[], bytes]:
    def build() -> bytes:
        data = made.pptx([("Title", "MARK")])
        name = "ppt/slides/slide1.xml"
        data = made.rewritten(data, name, "<p:sld ", f"{declarations}<p:sld ")
        return made.rewritten(data, name, "MARK", text or "MARK")

    return build


ENTITIES, EXTERNAL = made.ENTITIES, made.EXTERNAL
Case = tuple[str, Callable[[], bytes], str]
REJECTED: dict[str, Case] = {
    "billion laughs in a document": ("x.docx", word(made.paragraph("&i;"), ENTITIES), "XML entities"),
    "billion laughs in a workbook": ("x.xlsx", excel(ROW.replace("Bolt", "&i;"), ENTITIES), "XML entities"),
    "billion laughs in a presentation": ("x.pptx", slides(ENTITIES, "&i;"), "XML entities"),
    "external entity in a document": ("x.docx", word(made.paragraph("&i;"), EXTERNAL), "XML entities"),
    "external entity in a workbook": ("x.xlsx", excel(ROW.replace("Bolt", "&i;"), EXTERNAL), "XML entities"),
    "external entity in a presentation": ("x.pptx", slides(EXTERNAL, "&i;"), "XML entities"),
    "entities in UTF-16": (
        "x.docx",
        lambda: made.package(
            {**made.docx_parts(NOTE), "customXml/item1.xml": f"{ENTITIES}<x>&i;</x>".encode("utf-16")}
        ),
        "XML entities",
    ),
    "XML in an encoding of its own": (
        "x.docx",
        lambda: made.package({**made.docx_parts(NOTE), "word/styles.xml": f"{ENTITIES}<x/>".encode("cp037")}),
        "not XML",
    ),
    "zip bomb in a document": ("x.docx", bomb(word(), 30 << 20), "100 times its size"),
    "zip bomb in a workbook": ("x.xlsx", bomb(excel(), 30 << 20), "100 times its size"),
    "zip bomb in a presentation": ("x.pptx", bomb(made.pptx, 30 << 20), "100 times its size"),
    "zip bomb in the text itself": (
        "x.docx",
        lambda: made.docx(made.paragraph("A" * (30 << 20))),
        "100 times its size",
    ),
    "zip bomb of more than 200 MB": ("x.docx", bomb(word(), 201 << 20), "200 MB"),
    "zip bomb that lies about its size": ("x.docx", lying_sizes, "damaged|100 times"),
    "too many entries": (
        "x.docx",
        lambda: made.package({**made.docx_parts(NOTE), **{f"media/{n}": b"" for n in range(2001)}}),
        "2,000 entries",
    ),
    "an entry above the archive": ("x.docx", renamed_entry("../../aaa"), "leads out"),
    "an entry above the archive on Windows": ("x.docx", renamed_entry("..\\..\\aaa"), "leads out"),
    "an entry with an absolute name": ("x.docx", renamed_entry("/etc/aaaa"), "leads out"),
    "an entry with a drive": ("x.docx", renamed_entry("C:\\aaaaaa"), "leads out"),
    "an entry with a NUL in its name": ("x.docx", renamed_entry("word/a\0aa"), "leads out"),
    "two entries with one name": ("x.docx", twice_named, "one name"),
    "encrypted entries": ("x.docx", encrypted_entries, "password"),
    "an archive": ("x.zip", lambda: nested(1), "unpack"),
    "nested archives under a document's name": ("x.docx", lambda: nested(2), "a ZIP archive, not a Word document"),
    "a workbook under a document's name": ("x.docx", excel(), "a workbook, not a Word document"),
    "a document under a workbook's name": ("x.xlsx", word(), "a Word document, not a workbook"),
    "a cut-off document": ("x.docx", cut(word()), "damaged or cut off"),
    "a cut-off workbook": ("x.xlsx", cut(excel()), "damaged or cut off"),
    "a cut-off presentation": ("x.pptx", cut(made.pptx), "damaged or cut off"),
    "a document whose XML is cut off": (
        "x.docx",
        lambda: made.package({**made.docx_parts(NOTE), "word/document.xml": "<w:document"}),
        "damaged",
    ),
    "a workbook whose XML is cut off": (
        "x.xlsx",
        lambda: made.package({**made.xlsx_parts(SHEET), "xl/worksheets/sheet1.xml": "<worksheet><sheetData><row"}),
        "damaged|visible sheets are empty",
    ),
    "a document nested 5,000 deep": ("x.docx", word("<w:p>" * 5000 + "</w:p>" * 5000), "too deeply"),
    "a workbook with two cells at its far ends": (
        "x.xlsx",
        excel('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'),
        "takes more than 1024 MB|columns",
    ),
    "a workbook with a password": ("x.xlsx", lambda: PASSWORD, "password"),
    "a document of the old format": ("x.docx", lambda: OLE, r"old Office format.*\.docx"),
    "a document with the old suffix": ("x.doc", lambda: OLE, r"save a text document as \.docx"),
    "an image under a PDF's name": ("x.pdf", lambda: PNG, "a PNG image, not a PDF"),
    "an image under a document's name": ("x.docx", lambda: PNG, "a PNG image, not a Word document"),
    "an image under a text's name": ("x.txt", lambda: PNG, "a PNG image"),
    "a PDF under a page's name": ("x.html", lambda: made.pdf("Text"), "a PDF"),
    "a program under a table's name": ("x.csv", lambda: b"\x7fELF" + bytes(100), "a program"),
    "bytes under a text's name": ("x.txt", lambda: bytes(range(256)) * 40, "control bytes"),
    "a PDF of 10,000 pages": ("x.pdf", lambda: made.pdf(*["Page"] * 10_000), "5,000 pages"),
    "a PDF that is only images": ("x.pdf", lambda: made.pdf("", "", drawing="10 10 50 50 re f"), "OCR"),
    "a PDF with a password": ("x.pdf", protected_pdf, "password"),
    "a PDF that unpacks to 75 MB of nothing": (
        "x.pdf",
        lambda: made.pdf_of([made.deflated(75 << 20)], filters="/Filter /FlateDecode"),
        "OCR|broke off|takes",
    ),
    "a PDF whose end is missing": ("x.pdf", cut(lambda: made.pdf("Words on a page"), 0.8), "damaged"),
    "a PDF that is cut off at its head": ("x.pdf", cut(lambda: made.pdf("Text"), 0.05), "damaged"),
    "a file of more than 20 MB": ("x.txt", lambda: b"word " * (5 << 20), "larger than 20 MB"),
    "a table with 5,000 columns": ("x.csv", lambda: b",".join([b"c"] * 5000) + b"\n" + b"1," * 4999 + b"1", "columns"),
    "a table with an open quotation mark": ("x.csv", lambda: b'a,b\n"open,1\n' + b"x,y\n" * 500_000, "quotes"),
    "JSON nested 100,000 deep": ("x.json", lambda: b'{"a":' * 100_000, "too deeply"),
    "JSON lists nested 100,000 deep": ("x.json", lambda: b"[" * 100_000 + b"]" * 100_000, "too deeply"),
    "JSON with NaN": ("x.json", lambda: b'{"torque": NaN}', "NaN"),
    "JSON with a key twice": ("x.json", lambda: b'{"torque": 1, "torque": 2}', "'torque' stands twice"),
    "JSON that is cut off": ("x.json", lambda: b'{"torque": [1, 2', "line 1"),
    "JSON Lines with a broken line": ("x.jsonl", lambda: b'{"a": 1}\n{"a": 2}\n{"a"\n', "line 3"),
    "a page nested 100,000 deep": ("x.html", lambda: b"<div>" * 100_000 + b"words", "too deeply"),
    "a page with one huge table": (
        "x.html",
        lambda: b"<table><tr><td colspan=1000 rowspan=60000>x" + b"<tr><td>y" * 5000,
        "1,000,000 cells",
    ),
}


@pytest.mark.parametrize("case", REJECTED.values(), ids=REJECTED.keys())
def test_rejected_with_advice(tmp_path: Path, extractor: Extractor, case: Case) -> None:
    name, build, message = case
    (tmp_path / name).write_bytes(build())
    found = among_others(extractor, tmp_path, name)
    assert (found.status, found.content) == ("rejected", None), found.message
    assert_matches(found.message, message)
    assert "/etc" not in found.message


def assert_matches(message: str, pattern: str) -> None:
    with pytest.raises(ValueError, match=pattern):
        raise ValueError(message)


EMPTY: dict[str, tuple[str, bytes]] = {
    "nothing": ("x.md", b""),
    "blanks": ("x.txt", b" \n\t\r\n "),
    "nothing under a PDF's name": ("x.pdf", b""),
    "a byte-order mark alone": ("x.txt", b"\xef\xbb\xbf"),
    "NUL bytes alone": ("x.txt", bytes(64)),
    "a page of scripts": ("x.html", b"<script>only()</script>"),
    "an open comment, 100,000 times": ("x.html", b"<!--" * 100_000),
    "a table of separators": ("x.csv", b",,,\n,,,\n"),
    "empty JSON": ("x.json", b'{"a": null, "b": []}'),
    "a document without words": ("x.docx", made.docx("<w:p/>")),
    "a workbook without cells": ("x.xlsx", made.xlsx({"One": ""})),
    "a workbook whose sheets are hidden": ("x.xlsx", made.xlsx(SHEET, hidden=["Parts"])),
}


@pytest.mark.parametrize("case", EMPTY.values(), ids=EMPTY.keys())
def test_empty_with_advice(tmp_path: Path, extractor: Extractor, case: tuple[str, bytes]) -> None:
    name, data = case
    (tmp_path / name).write_bytes(data)
    found = among_others(extractor, tmp_path, name)
    assert (found.status, found.content) == ("empty", None), found.message
    assert_matches(found.message, r": .+\.")


TEXT = "Check the tyre pressure before a long journey: 2,4 bar.\n"
READ: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "UTF-16 without a mark": ("x.txt", lambda: TEXT.encode("utf-16-le"), "tyre pressure"),
    "UTF-32 without a mark": ("x.txt", lambda: TEXT.encode("utf-32-be"), "tyre pressure"),
    "Latin-1": ("x.md", lambda: "# Räder\n\nMüssen grün sein.\n".encode("latin-1"), "Müssen grün"),
    "Shift-JIS": ("x.csv", lambda: "コード,意味\nP0301,シリンダー1失火\n".encode("shift_jis"), "シリンダー1失火"),
    "invalid UTF-8": ("x.txt", lambda: "Ölwechsel für Räder ".encode() + b"\xff and more", "Ölwechsel für Räder"),
    "a lone surrogate": ("x.txt", lambda: b"before \xed\xa0\x80 after", "before \ufffd after"),
    "a line of 19 MB": ("x.txt", lambda: b"word " * (19 << 20 >> 2 >> 1), "word word"),
    "a table with a cell of 19 MB": (
        "x.csv",
        lambda: b"a,b\n" + b"word " * (19 << 20 >> 2 >> 1) + b",1\n",
        "word word",
    ),
    "a page of unclosed list items": ("x.html", lambda: b"<ol>" + b"<li>item" * 20_000, "20000. item"),
    "a page with deep and shallow words": ("x.html", lambda: b"<p>Top<p>" + b"<b>" * 5000 + b"deep", "Top"),
    "a document with an archive inside": (
        "x.docx",
        lambda: made.package({**made.docx_parts(NOTE), "word/embeddings/a.zip": nested(1)}),
        "Tighten the bolts",
    ),
    "JSON with half a pair and a huge number": (
        "x.json",
        lambda: b'{"a": "x\\ud800y", "n": ' + b"9" * 5000 + b"}",
        "x\ufffdy",
    ),
    "a table of 100,000 rows": (
        "x.csv",
        lambda: b"code,power_kw\n" + b"".join(b"P%d,%d\n" % (n, n) for n in range(100_000)),
        "Code: P99999 | Power: 99999 kW",
    ),
}


@pytest.mark.parametrize("case", READ.values(), ids=READ.keys())
def test_odd_but_read(tmp_path: Path, extractor: Extractor, case: tuple[str, Callable[[], bytes], str]) -> None:
    name, build, words = case
    (tmp_path / name).write_bytes(build())
    found = among_others(extractor, tmp_path, name)
    assert found.status == "ok", found.message
    assert found.content is not None
    assert words in found.content.text


def test_links_pipes_devices_and_folders_are_rejected(tmp_path: Path, extractor: Extractor) -> None:
    secret = tmp_path / "outside" / "secret.md"
    secret.parent.mkdir()
    secret.write_text("the secret words")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.md").symlink_to(secret)
    (folder / "linked").symlink_to(secret.parent)
    (folder / "loop.md").symlink_to("loop.md")
    os.mkfifo(folder / "pipe.md")
    (folder / "folder.md").mkdir()
    privileged = os.geteuid() == 0
    if privileged:  # only root may make a device
        os.mknod(folder / "device.md", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    expected = {
        "link.md": "symbolic link",
        "linked/secret.md": "symbolic link",
        "loop.md": "symbolic link",
        "pipe.md": "not a regular file",
        "folder.md": "not a regular file",
    } | ({"device.md": "not a regular file|cannot be opened"} if privileged else {})
    for name, message in expected.items():
        found = among_others(extractor, folder, name)
        assert (found.status, found.content, found.sha256) == ("rejected", None, "")
        assert_matches(found.message, message)


@pytest.mark.parametrize(
    "name", ["../secret.md", "sub/../../secret.md", "/etc/passwd", "a\0.md", "", "..", "half\ud800.md"]
)
def test_names_that_lead_out_of_the_folder_are_rejected(tmp_path: Path, extractor: Extractor, name: str) -> None:
    (tmp_path / "secret.md").write_text("the secret words")
    folder = tmp_path / "folder"
    folder.mkdir()
    found = among_others(extractor, folder, name)
    assert (found.status, found.content) == ("rejected", None)
    assert_matches(found.message, "name .*: rename it")


def test_files_that_vanish_or_are_locked_are_rejected(tmp_path: Path, extractor: Extractor) -> None:
    gone = among_others(extractor, tmp_path, "gone.md")
    assert (gone.status, gone.message) == (
        "rejected",
        "The file is no longer there: put it back, or ingest the folder again.",
    )
    assert_matches(among_others(extractor, tmp_path, "a.md/inside.md").message, "cannot be opened")
    if os.geteuid() != 0:  # no permission keeps root out
        (tmp_path / "locked.md").write_text("words")
        (tmp_path / "locked.md").chmod(0)
        assert_matches(among_others(extractor, tmp_path, "locked.md").message, "check its permissions")


def test_pages_without_text_are_named(tmp_path: Path, extractor: Extractor) -> None:
    pages = ["One", "Two", "", "Four", "", "Six", ""]
    (tmp_path / "x.pdf").write_bytes(made.pdf(*pages, drawing="10 10 50 50 re f"))
    found = among_others(extractor, tmp_path, "x.pdf")
    assert found.message == "Pages 3, 5, 7 hold no text, only images: run text recognition (OCR) to have them read too."
    assert found.content is not None
    assert [page.number for page in found.content.pages] == [1, 2, 4, 6]
    assert json.dumps(found.content.text) == json.dumps("One\n\nTwo\n\nFour\n\nSix")
