"""Formats that are known but not read: what to save them as."""

from typing import NoReturn

from rag.loader import Loader, UnreadableFile

_TEXTS = (".doc", ".docm", ".rtf", ".odt", ".pages")
_TABLES = (".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
_SLIDES = (".ppt", ".pptm", ".odp")
_ARCHIVES = (".zip", ".tar", ".tgz", ".7z", ".rar")


def read(data: bytes, title: str) -> NoReturn:
    raise UnreadableFile(
        "This format is not read: save a text document as .docx, a workbook as .xlsx, slides as .pptx, and unpack "
        "an archive into the folder."
    )


LOADER = Loader((*_TEXTS, *_TABLES, *_SLIDES, *_ARCHIVES), read)
