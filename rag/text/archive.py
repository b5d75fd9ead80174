"""Office documents are ZIP archives of XML, and both can be made to explode: what is looked at before one is parsed.

The limits are far above what a real document of 20 MB reaches. Archives inside it are never opened.
"""

import io
import zipfile
import zlib

from rag.loader import UnreadableFile
from rag.text.signatures import kind_of

MAX_EXPANDED = 200 * 1024 * 1024
MAX_RATIO = 100
MAX_ENTRIES = 2000
_HARMLESS = 1024 * 1024  # so little may be compressed as well as it likes: forms repeat themselves
_PIECE = 1024 * 1024
_OVERLAP = 32
_CENTRAL_ENTRY = b"PK\x01\x02"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_TYPES = "[Content_Types].xml"
_XML = (".xml", ".rels", ".vml")
_DECLARATIONS = tuple(
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le", "utf-16-be")
)
_XML_STARTS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")
_PROGRAMS = {"wordprocessingml": "a Word document", "spreadsheetml": "a workbook", "presentationml": "a presentation"}


def checked(data: bytes, language: str, suffix: str) -> io.BytesIO:
    """The document as a file, once it is known to be a sound Office document in the XML `language`, such as
    "wordprocessingml", that unpacks to a tolerable size and declares no entities. Raises UnreadableFile."""
    expected = _PROGRAMS[language]
    if data.startswith(_OLD_OFFICE):
        if _ENCRYPTED_STREAM in data:
            raise UnreadableFile("The document is protected by a password: save a copy without one.")
        raise UnreadableFile(f"This is a document in the old Office format: save it as {suffix}.")
    if not data.startswith(b"PK"):
        kind = kind_of(data) or "something else"
        raise UnreadableFile(f"This is {kind}, not {expected}: give it the right name, or save it as {suffix}.")
    if data.count(_CENTRAL_ENTRY) > MAX_ENTRIES:
        raise UnreadableFile(f"The file packs more than {MAX_ENTRIES:,} entries: save it as {suffix} again.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_directory(archive.infolist(), len(data))
            _check_entries(archive, len(data))
            types = archive.read(_TYPES).decode("utf-8", "replace") if _TYPES in archive.namelist() else ""
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, KeyError) as error:
        raise UnreadableFile(f"The file is damaged or cut off: save it as {suffix} again.") from error
    if f".{language}." not in types and f"-{language}." not in types:
        actual = next((program for name, program in _PROGRAMS.items() if f".{name}." in types), "a ZIP archive")
        raise UnreadableFile(f"This is {actual}, not {expected}: give it the right name, or save it as {suffix}.")
    return io.BytesIO(data)


def _check_directory(entries: list[zipfile.ZipInfo], packed: int) -> None:
    """What the archive says of itself."""
    if len(entries) > MAX_ENTRIES:
        raise UnreadableFile(f"The file packs more than {MAX_ENTRIES:,} entries: save it again with its own program.")
    names = [entry.orig_filename for entry in entries]
    for name in names:
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or "\0" in name or ":" in name:
            raise UnreadableFile("An entry's name leads out of the archive: do not open this file, ask who sent it.")
    if len(set(names)) < len(names):
        raise UnreadableFile("Two entries of the file have one name: save it again with its own program.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFile("The document is protected by a password: save a copy without one.")
    if any(entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for entry in entries):
        raise UnreadableFile("The file is packed in an unusual way: save it again with its own program.")
    _check_size(sum(entry.file_size for entry in entries), packed)


def _check_entries(archive: zipfile.ZipFile, packed: int) -> None:
    """What is really in it: the directory may lie about sizes. Every entry is unpacked and counted piece by piece."""
    expanded = 0
    for entry in archive.infolist():
        is_xml = entry.filename.lower().endswith(_XML)
        tail = b""
        with archive.open(entry) as part:
            while piece := part.read(_PIECE):
                expanded += len(piece)
                _check_size(expanded, packed)
                if is_xml:
                    _check_xml(tail + piece, first=not tail)
                    tail = piece[-_OVERLAP:]


def _check_size(expanded: int, packed: int) -> None:
    if expanded > MAX_EXPANDED:
        raise UnreadableFile(f"The file unpacks to more than {MAX_EXPANDED >> 20} MB: split it into several files.")
    if expanded > max(_HARMLESS, MAX_RATIO * packed):
        raise UnreadableFile(
            f"The file unpacks to more than {MAX_RATIO} times its size, as a ZIP bomb does: ask who sent it."
        )


def _check_xml(piece: bytes, *, first: bool) -> None:
    """Office documents must not declare entities (ECMA-376, part 2, 8.1.4), which could grow or name other files."""
    if first and not piece.lstrip().startswith(_XML_STARTS):
        raise UnreadableFile("A part of the document is not XML: save it again with its own program.")
    if any(declaration in piece for declaration in _DECLARATIONS):
        raise UnreadableFile("The document declares XML entities, as no Office program does: ask who sent it.")
