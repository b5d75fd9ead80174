"""`pitcrew demo`: what it has let happen is there, in every state, for the staff and for the customers."""

import json
from pathlib import Path

import pytest

from api.access.operations import PREFIX
from tests.serving import environment, pitcrew, prepared, serving


def test_the_demonstration_shows_every_state(data: Path) -> None:
    done = pitcrew("demo", "--json", env=environment(data))
    assert done.returncode == 0, done.stderr
    links = json.loads(done.stdout)
    assert links["staff"].endswith(f"/staff#token={links['token']}")

    again = pitcrew("demo", env=environment(data))
    assert (again.returncode, again.stdout) == (1, "")
    assert "--add" in again.stderr

    with serving(data) as server:
        _, page, _ = server.get(f"{PREFIX}/conversations", links["token"])
        found = {line["customer"]["name"]: line for line in json.loads(page)["conversations"]}
        assert found.keys() == {customer["name"] for customer in links["customers"]}
        assert {line["state"] for line in found.values()} == {"bot", "waiting", "staff", "closed"}
        assert {line["reason"] for line in found.values()} >= {"request", "danger", "unanswered", None}
        assert {line["priority"] for line in found.values()} == {"normal", "urgent"}
        assert sum(line["thumbs"]["up"] for line in found.values()) == 3
        assert sum(line["thumbs"]["down"] for line in found.values()) == 1
        _, cases, _ = server.get(f"{PREFIX}/cases", links["token"])
        assert len(json.loads(cases)["cases"]) == 1
        booked = next(one for one in links["customers"] if "booked" in one["title"])
        _, appointments, _ = server.get("/api/v1/appointments", booked["token"])
        assert len(json.loads(appointments)["appointments"]) == 1


@pytest.mark.parametrize(
    ("settings", "advice"),
    [
        ({"PITCREW_ENV": "production", "PITCREW_JWT_SECRET": "s" * 40}, "for development"),
        ({"PITCREW_KNOWLEDGE_DIR": "EMPTY"}, "pitcrew ingest"),
    ],
    ids=["in production", "without documents"],
)
def test_where_it_cannot_be_it_says_why(ingested: Path, tmp_path: Path, settings: dict[str, str], advice: str) -> None:
    (tmp_path / "none").mkdir()
    settings = {name: value.replace("EMPTY", str(tmp_path / "none")) for name, value in settings.items()}
    done = pitcrew("demo", env=environment(prepared(ingested, tmp_path / "empty"), **settings))
    assert (done.returncode, done.stdout) == (1, "")
    assert advice in done.stderr
