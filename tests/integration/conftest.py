"""A scripted provider, one for each module that asks for it."""

from collections.abc import Iterator

import pytest

from tests.model_server.running import Control, running_model_server


@pytest.fixture(scope="module")
def provider() -> Iterator[Control]:
    with running_model_server() as control:
        yield control
