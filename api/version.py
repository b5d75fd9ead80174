"""Which version of the product this is."""

from importlib.metadata import PackageNotFoundError, version

NOT_INSTALLED = "0"
"""What stands for a version where the code runs from its folder."""


def product_version() -> str:
    try:
        return version("pitcrew")
    except PackageNotFoundError:
        return NOT_INSTALLED
