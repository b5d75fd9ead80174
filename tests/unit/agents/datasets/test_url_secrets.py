"""Secrets of addresses: referred to, and never shown."""

import pytest
from sqlalchemy.engine import make_url

from agents.dataset import DatasetUnavailable
from agents.datasets.addresses import Kind, keeps_secret, kind_of, normal, redact
from agents.datasets.url_secrets import resolved, without_secrets

HARD = "p@ss/w:o#r?d %41 ${X} 'q' \"r\" \\ ü;x=1&y"


def test_a_reference_is_kept_and_shown_as_it_is() -> None:
    for address in (
        "postgresql://reader:${SHOP_PASSWORD}@db.example/shop",
        "postgresql://${SHOP_USER}:${SHOP_PASSWORD}@${SHOP_HOST}:5432/shop",
        "mssql+pyodbc://sa@host/db?password=${SHOP_PASSWORD}",
        "${DATABASE_URL}",
    ):
        assert normal(address) == redact(address) == address
        assert kind_of(address) is Kind.DATABASE
        assert not keeps_secret(address)


def test_what_it_stands_for_may_hold_any_characters() -> None:
    variables = {"PW": HARD, "USER_1": "a@b", "HOST": "db.example", "OPT": "a&b=c"}
    url = make_url(resolved("postgresql+psycopg://${USER_1}:${PW}@${HOST}:5432/shop?x=${OPT}&x=y", variables))
    assert (url.username, url.password, url.host, url.port) == ("a@b", HARD, "db.example", 5432)
    assert (url.database, url.query["x"]) == ("shop", ("a&b=c", "y"))
    assert resolved("${URL}", {"URL": " sqlite:///x.db\n"}) == "sqlite:///x.db"
    plain = "postgresql://a:$HOME$PW@h/${"
    assert resolved(plain, {}) == plain


@pytest.mark.parametrize("address", ["postgresql://a:${SHOP_PASSWORD}@h/d", "${SHOP_PASSWORD}"])
def test_a_variable_that_is_not_set_is_named(address: str) -> None:
    with pytest.raises(DatasetUnavailable, match=r"SHOP_PASSWORD is not set: .* export SHOP_PASSWORD=|SHOP_PASSWORD"):
        resolved(address, {})


def test_a_variable_that_holds_no_url_is_not_shown() -> None:
    with pytest.raises(DatasetUnavailable, match="URL_OF_SHOP holds no URL") as raised:
        resolved("${URL_OF_SHOP}", {"URL_OF_SHOP": "s3cret"})
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://reader:s3cret@h/d",
        "postgresql://reader:${A}s3cret@h/d",
        "postgresql://reader:${A}@h/d?sslpassword=s3cret",
        "mssql+pyodbc:///?odbc_connect=UID%3Da%3BPWD%3Ds3cret${A}",
    ],
)
def test_a_literal_password_is_told_from_a_reference(address: str) -> None:
    assert keeps_secret(address)
    assert "s3cret" not in redact(address)


@pytest.mark.parametrize("address", ["postgresql://reader@h/d", "sqlite:///x.db", "/data/a.csv", "a b.csv", ""])
def test_what_holds_no_password(address: str) -> None:
    assert not keeps_secret(address)


@pytest.mark.parametrize("password", ["s3cret", HARD, "a  b\tc", "%", "x", "(", "s3cret" * 200])
def test_a_driver_may_write_a_secret_as_it_likes(password: str) -> None:
    url = make_url("postgresql://reader@h/d").set(password=password, query={"sslpassword": "s3cret-two"})
    address = url.render_as_string(hide_password=False)
    written = (
        password,
        repr(password),
        address,
        f"password={password} host=h",
        address.split("@")[0],
        "sslpassword='s3cret-two'",
        "padding " * 60 + password,
    )
    for text in written:
        told = without_secrets(f"cannot connect: {text}!", address)
        assert password not in told.replace("***", "") or password in "cannot connect: ! host=h password=", told
        assert "s3cret" not in told


def test_a_connection_string_inside_a_url() -> None:
    address = "mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BUID%3Dreader%3BPWD%3D%7Bs3cret%7D"
    told = without_secrets("Login failed: DRIVER=X;UID=reader;PWD={s3cret}, and s3cret", address)
    assert "s3cret" not in told


def test_an_address_that_is_none() -> None:
    assert without_secrets("bad: postgresql://a:s3cret@[x", "postgresql://a:s3cret@[x") == "bad: ***"
