"""Descriptions from the comments of a CREATE TABLE."""

import time

from agents.datasets.ddl_comments import comments


def test_of_table_and_columns() -> None:
    about, columns = comments(
        """CREATE TABLE "sold -- here" ( -- What was sold.
            "id no" INTEGER PRIMARY KEY, -- Its number.
            price DECIMAL(10, 2) NOT NULL, -- In euros, (net).
            `when` DATE DEFAULT '-- no comment', -- The day.
            [who] TEXT, size TEXT, -- Of the box.
            plain TEXT,
            -- a remark on its own line
            last TEXT REFERENCES other (id) -- The last one.
        )"""
    )
    assert about == "What was sold."
    assert columns == {
        "id no": "Its number.",
        "price": "In euros, (net).",
        "when": "The day.",
        "size": "Of the box.",
        "last": "The last one.",
    }


def test_nothing_is_said() -> None:
    assert comments("CREATE TABLE a (b)") == ("", {})
    assert comments("") == ("", {})
    assert comments("-- CREATE") == ("", {})


def test_odd_texts_take_no_longer() -> None:
    began = time.perf_counter()
    for odd in (
        "(" * 100_000,
        '"' * 100_001,
        "'" * 100_001,
        "--" * 50_000,
        "[" * 100_000,
        "a(" * 50_000,
        "\n-" * 50_000,
    ):
        comments(odd)
    assert time.perf_counter() - began < 5
