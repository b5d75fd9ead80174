"""What the tests of the page share."""

import pytest

from tests.browser.tabs import build_bundles


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the page draws with is built."""
    build_bundles(tmp_path_factory.getbasetemp().parent / "bundles.lock")
