"""What a page of HTML says to programs that read it: the addresses it leads to, and whether it wants to be kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree, html

from rag.ingestion.web.address import BadAddress, normal


@dataclass(frozen=True, slots=True)
class Page:
    """`links`: addresses in normal form, in their order, each once. `kept`: whether it lets itself be kept."""

    links: tuple[str, ...]
    kept: bool


def page(body: bytes, address: str, headers: Mapping[str, str], charset: str = "") -> Page:
    """Read a page of this address, in normal form."""
    wishes = {headers.get("x-robots-tag", "").lower()}
    try:
        root = html.document_fromstring(body, html.HTMLParser(encoding=charset or None, huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, LookupError, ValueError):
        return Page((), not _told(wishes, "noindex"))
    base = address
    for element in root.iter("base"):
        base = _address(element.get("href") or "", address) or address
        break
    wishes |= {
        (element.get("content") or "").lower()
        for element in root.iter("meta")
        if (element.get("name") or "").lower() in ("robots", "pitcrew")
    }
    links: dict[str, None] = {}
    if not _told(wishes, "nofollow"):
        for element in root.iter("a", "area"):
            if "nofollow" not in (element.get("rel") or "").lower().split():
                found = _address(element.get("href") or "", base)
                links |= {found: None} if found else {}
    return Page(tuple(links), not _told(wishes, "noindex"))


def _told(wishes: set[str], wish: str) -> bool:
    return any(wish in told or "none" in told.replace(" ", "").split(",") for told in wishes)


def _address(written: str, base: str) -> str | None:
    try:
        return normal(written, base) if written else None
    except BadAddress:
        return None
