"""Every dialect of the server: a file here that exports `DIALECT` is served at its path."""

import importlib
import pkgutil

from api.protocol.dialect import Dialect


def all_dialects() -> tuple[Dialect, ...]:
    """The dialects in this folder, fixed paths before those with parameters, so that a fixed path wins."""
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    dialects: list[Dialect] = [module.DIALECT for module in modules]
    return tuple(sorted(dialects, key=lambda dialect: ("{" in dialect.path, dialect.path)))
