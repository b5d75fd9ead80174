"""The URL that the queue and the saver of parked runs are told."""

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from api.compose.parking import NOTICE_LOSS, libpq_url
from api.settings import Settings
from tests.databases import DATABASES


def test_a_database_that_vanished_is_noticed(tmp_path: Path) -> None:
    with DATABASES["postgres"](tmp_path) as url:
        told = libpq_url(Settings(database_url=url))
        with psycopg.connect(told) as connection:
            parameters = connection.info.get_parameters()
    assert {name: parameters[name] for name in NOTICE_LOSS} == NOTICE_LOSS


@pytest.mark.parametrize("name", NOTICE_LOSS)
def test_what_the_url_says_itself_holds(name: str) -> None:
    told = libpq_url(Settings(database_url=f"postgresql+psycopg://anna:s3@db/pitcrew?{name}=7&sslmode=require"))
    parameters = conninfo_to_dict(told)
    assert (parameters[name], parameters["sslmode"], parameters["password"]) == ("7", "require", "s3")
