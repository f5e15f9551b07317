"""`quarantine`, in a real process on a real Redis."""

import json
from pathlib import Path

from sidecar.wiring import Sidecar
from tests.assembled import HOME, Bridge, assembled
from tests.cli.commands import booking_recovery


def test_quarantined_events_are_listed_without_what_stood_in_them_and_taken_in_again(
    tmp_path: Path, redis_url: str
) -> None:
    sidecar: Sidecar = assembled(tmp_path, redis_url)
    bridge = Bridge(sidecar)
    bridge.send(
        bridge.event("session.contact_given", contact={"email": "marker@"}),
        bridge.event("session.started", page_url="https://elsewhere.example/book"),
    )

    listed = booking_recovery(tmp_path, "quarantine", "salon", "--json")
    assert [one["type"] for one in json.loads(listed.stdout)] == [
        "session.contact_given",
        "session.started",
    ]
    assert "marker" not in listed.stdout

    config = (tmp_path / "config.toml").read_text()
    (tmp_path / "config.toml").write_text(config.replace(HOME, "https://elsewhere.example"))
    replayed = booking_recovery(tmp_path, "quarantine", "salon", "--replay")

    assert replayed.returncode == 0
    assert "Taken in: 1; still in quarantine: 1." in replayed.stdout
    assert "contact.email" in replayed.stdout
    assert sidecar.store.count_sessions("salon") == 1


def test_an_unknown_site_is_wrong_use(tmp_path: Path, redis_url: str) -> None:
    assembled(tmp_path, redis_url)

    refused = booking_recovery(tmp_path, "quarantine", "nowhere")

    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
