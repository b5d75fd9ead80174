"""The file formats that can be read: every module of this folder that exports LOADER."""

import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path

from rag.loader import Loader


@cache
def loaders() -> tuple[Loader, ...]:
    """Every loader, in the order of their module names. Raises ValueError when two claim one suffix."""
    all_loaders: list[Loader] = []
    owners: dict[str, str] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        loader: Loader = import_module(f"{__name__}.{module.name}").LOADER
        for suffix in loader.suffixes:
            if suffix in owners:
                raise ValueError(f"{suffix} is claimed by both {owners[suffix]} and {module.name}")
            owners[suffix] = module.name
        all_loaders.append(loader)
    return tuple(all_loaders)


def loader_for(path: Path) -> Loader | None:
    """The loader of the file's suffix, or None where no format has it."""
    suffix = path.suffix.lower()
    return next((loader for loader in loaders() if suffix in loader.suffixes), None)
