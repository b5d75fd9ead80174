"""The audit log of a real server and of the command line: who did what, from where, and whether that still stands."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Served, environment, pitcrew, prepared, serving

SECRET_PARTS = ("hook-password", "hook-secret-of-many-letters", "key-of-the-audit")
SETTINGS = {
    "PITCREW_WEBHOOK_URL": "http://hooks:hook-password@127.0.0.1:9/in?token=hook-password",
    "PITCREW_WEBHOOK_SECRET": "hook-secret-of-many-letters",
    "PITCREW_AUDIT_KEY": "key-of-the-audit",
    "PITCREW_SOCKETS": "321",
}


@pytest.fixture(scope="module")
def told(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A server that has run and has stopped, with what happened to it."""
    data = prepared(ingested, tmp_path_factory.mktemp("audit") / "data")
    with serving(data, **SETTINGS) as served:
        for _ in range(7):
            assert served.get("/api/v1/sessions", "rubbish")[0] == 401
        assert served.get("/api/v1/sessions", served.token("anna"))[0] == 200
        boss = served.token("boss", name="Bo Ss", role="admin")
        body = json.dumps({"user_id": "leaver"}).encode()
        assert served.request("POST", "/api/v1/staff/revocations", boss, body)[0] == 201
        assert served.get("/api/v1/staff/cases.jsonl", boss)[0] == 200
        status, page, _ = served.get("/api/v1/staff/audit?limit=3", boss)
        assert status == 200
        first = json.loads(page)["audit"]
        assert [one["operation"] for one in first] == ["cases_export", "revoke", "started"]
        assert first[1]["address"] == "127.0.0.1"
        assert "leaver" not in page.decode()
    return served


def audited(told: Served, *arguments: str) -> list[dict[str, Any]]:
    done = pitcrew("audit", "--json", *arguments, env=environment(told.data, **SETTINGS))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_start_tells_the_settings_and_no_secret(told: Served) -> None:
    [started] = audited(told, "--operation", "started")
    assert started["staff"]["name"] == "server"
    assert started["detail"]["as"] == "server"
    assert started["detail"]["PITCREW_SOCKETS"] == 321
    assert started["detail"]["PITCREW_JWT_SECRET"] == started["detail"]["PITCREW_WEBHOOK_SECRET"] == "set"
    assert started["detail"]["PITCREW_WEBHOOK_URL"] == "http://127.0.0.1:9/in"
    assert not any(part in json.dumps(started) for part in SECRET_PARTS)


def test_refused_sign_ins_are_one_line_for_an_address(told: Served) -> None:
    [refused] = audited(told, "--operation", "sign_in_refused")
    assert (refused["address"], refused["detail"]) == ("127.0.0.1", {"times": 7, "codes": {"AUTH_INVALID": 7}})


def test_it_is_asked_by_who_and_about_whom(told: Served) -> None:
    assert {one["operation"] for one in audited(told, "--by", "boss")} == {"revoke", "cases_export"}
    [about] = audited(told, "--about", "leaver")
    assert (about["operation"], about["staff"]["id"]) == ("revoke", "boss")
    assert audited(told, "--about", "nobody") == []
    assert len(audited(told, "--limit", "2")) == 2
    done = pitcrew("audit", "--days", "1", env=environment(told.data, **SETTINGS))
    assert "started" in done.stdout
    assert "127.0.0.1" in done.stdout


def test_the_command_line_is_audited_too(told: Served, tmp_path: Path) -> None:
    (tmp_path / "stock.csv").write_text("part,number\nnut,4\n")
    env = environment(told.data, **SETTINGS)
    for arguments in (
        ("datasets", "add", "stock", str(tmp_path / "stock.csv")),
        ("datasets", "remove", "stock"),
        ("token", "--revoke-user", "ben"),
    ):
        done = pitcrew(*arguments, env=env)
        assert done.returncode == 0, done.stderr
    latest = audited(told, "--limit", "3")
    assert [one["operation"] for one in latest] == ["revoke", "datasets_remove", "datasets_add"]
    assert all(one["staff"]["name"].startswith("command line") for one in latest)
    assert latest[0]["subject"] == audited(told, "--about", "ben")[0]["subject"] != ""


@pytest.mark.parametrize("expect", ["7", "x:y", "1:" + "g" * 63, "-1:" + "0" * 64, "1:" + "é" * 64])
def test_what_is_no_head_is_wrong_usage(told: Served, expect: str) -> None:
    done = pitcrew("audit", "--verify", f"--expect={expect}", env=environment(told.data))
    assert done.returncode == 2
    assert "64 hexadecimal digits" in " ".join(done.stderr.split())


def test_verifying_says_where_the_chain_breaks(told: Served) -> None:
    """The last one here: it breaks the log."""
    env = environment(told.data, **SETTINGS)
    whole = pitcrew("audit", "--verify", env=env)
    assert whole.returncode == 0, whole.stderr
    head = whole.stdout.strip()
    assert pitcrew("audit", "--verify", "--expect", head, env=env).returncode == 0
    other = head.partition(":")[0] + ":" + "0" * 64
    assert pitcrew("audit", "--verify", "--expect", other, env=env).returncode == 1
    with closing(sqlite3.connect(told.data / "pitcrew.db")) as database, database:
        database.execute("DROP TRIGGER audit_log_kept_UPDATE")
        database.execute("UPDATE audit_log SET staff_id = 'somebody' WHERE operation = 'revoke' AND id = 2")
    broken = pitcrew("audit", "--verify", "--json", env=env)
    assert broken.returncode == 1
    assert json.loads(broken.stdout)["breaks"] == [
        {"number": 2, "what": "the entry is not as it was written, or stands in another's place"}
    ]
    assert "entry 2" in broken.stderr
