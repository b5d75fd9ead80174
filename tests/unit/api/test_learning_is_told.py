from pathlib import Path
from unittest.mock import patch

import pytest
from structlog.testing import capture_logs

from api.compose.learnt import open_learnt
from api.settings import Settings
from tests.unit.rag.hashing import HashingEmbedder


class Began(Exception):
    """What is learnt was begun."""


def test_whoever_waits_until_examples_are_learnt_is_told_so_before(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, knowledge_dir=tmp_path)
    with patch("api.compose.learnt.learn", side_effect=Began), capture_logs() as logs, pytest.raises(Began):
        open_learnt(settings, HashingEmbedder(), None)
    told = [line for line in logs if line["event"] == "examples_are_learnt"]
    assert [("half a minute" in line["wait"], line["log_level"]) for line in told] == [(True, "info")]
