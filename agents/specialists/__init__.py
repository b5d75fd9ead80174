"""The specialists, one value per module; the catalogue finds them by looking into this folder."""

import importlib
import pkgutil

from agents.specialist import Catalogue, Specialist


def catalogue() -> Catalogue:
    """Every module's SPECIALIST, in order of name. Raises AttributeError for a module that exports none."""
    modules = (
        importlib.import_module(f"{__name__}.{module_info.name}") for module_info in pkgutil.iter_modules(__path__)
    )
    specialists: list[Specialist] = [module.SPECIALIST for module in modules]
    return tuple(sorted(specialists, key=lambda specialist: specialist.name))
