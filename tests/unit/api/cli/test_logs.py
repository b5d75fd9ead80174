import io
import sys
from collections.abc import Iterator

import pytest
import structlog

from api.cli import main


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_log_lines_go_where_stderr_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "argv", ["pitcrew", "token", "--help"])
    monkeypatch.setattr(sys, "stderr", first)
    with pytest.raises(SystemExit):
        main()
    first.close()
    monkeypatch.setattr(sys, "stderr", second)
    structlog.get_logger().info("later")
    assert "later" in second.getvalue()
