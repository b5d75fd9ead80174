"""Files that were built for browsers: read once, sent compressed, and not sent again where they have not changed.

Large ones lie compressed in the repository, as `chart.js.gz`."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response

from orchestrator.errors import NotFound

MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
COMPRESSED = ".gz"


@dataclass(frozen=True)
class BuiltFile:
    """A file as it is served."""

    compressed: bytes
    media_type: str
    tag: str

    @property
    def body(self) -> bytes:
        """What the few get who do not take it compressed."""
        return gzip.decompress(self.compressed)


def built_file(path: Path) -> BuiltFile:
    read = path.read_bytes()
    compressed = read if path.suffix == COMPRESSED else gzip.compress(read, mtime=0)
    return BuiltFile(compressed, MEDIA_TYPES[Path(_name(path)).suffix], f'"{sha256(read).hexdigest()[:32]}"')


def built_files(folder: Path) -> dict[str, BuiltFile]:
    """Those of a folder that browsers ask for, by name."""
    names = {_name(path): path for path in sorted(folder.iterdir())}
    return {name: built_file(path) for name, path in names.items() if Path(name).suffix in MEDIA_TYPES}


def _name(path: Path) -> str:
    """By which browsers ask for it."""
    return path.name.removesuffix(COMPRESSED)


def served(request: Request, files: Mapping[str, BuiltFile], name: str, headers: Mapping[str, str]) -> Response:
    """One of the files. Raises NotFound."""
    if name not in files:
        raise NotFound
    file = files[name]
    told = {**headers, "ETag": file.tag, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    if file.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=told)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.compressed, headers=told | {"Content-Encoding": "gzip"}, media_type=file.media_type)
    return Response(file.body, headers=told, media_type=file.media_type)
