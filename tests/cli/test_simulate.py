"""`simulate`: a real process on a real Redis."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sidecar.wiring import Sidecar
from tests.assembled import HOME, Bridge, assembled, statuses, utc
from tests.cli.commands import booking_recovery

AGO = datetime.now(UTC) - timedelta(days=2)


@pytest.fixture
def sidecar(tmp_path: Path, redis_url: str) -> Sidecar:
    return assembled(tmp_path, redis_url)


@pytest.fixture
def folder(sidecar: Sidecar) -> Path:
    """Three visitors left the form two days ago; one of them gave no address."""
    bridge = Bridge(sidecar)
    for number in (1, 2, 3):
        session, then = f"s{number}", {"occurred_at": utc(AGO)}
        address = {"email": f"marker{number}@example.com"}
        events: list[Any] = [bridge.event("session.started", session, page_url=HOME) | then]
        if number != 3:
            events.append(bridge.event("session.contact_given", session, contact=address) | then)
        assert set(statuses(bridge.send(*events))) == {"applied"}
    return sidecar.config.path.parent


def test_other_settings_are_put_beside_those_of_now(folder: Path) -> None:
    done = booking_recovery(folder, "simulate", "--site", "salon", "--set", 'messages=["1h","6d"]')
    title, _, sent, waiting, skipped = done.stdout.splitlines()

    assert done.returncode == 0
    assert title == "salon, 30 days, 3 visits"
    assert sent.split()[-2:] == ["2", "2"]
    assert waiting.split()[-2:] == ["0", "2"]
    assert skipped.startswith("not sent: no e-mail address")
    assert skipped.split()[-2:] == ["1", "2"]
    assert "marker" not in done.stdout


def test_each_message_is_told_to_programs(folder: Path) -> None:
    done = booking_recovery(
        folder, "simulate", "--site", "salon", "--set", "abandon_after=1h", "--json"
    )
    told = json.loads(done.stdout)

    assert told["visits"] == 3
    assert told["now"]["sent"] == told["then"]["sent"] == 2
    at = {message["session_id"]: message["at"] for message in told["then"]["messages"]}
    assert at["s1"] == utc(AGO + timedelta(hours=1, minutes=45))


def test_only_visits_of_late_are_replayed(sidecar: Sidecar, folder: Path) -> None:
    done = booking_recovery(folder, "simulate", "--site", "salon", "--days", "1")

    assert done.stdout.startswith("salon, 1 days, 0 visits")
    assert sidecar.redis.zcard("booking-recovery:{0}:due") > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--site"),
        (["--site", "nowhere"], "no site"),
        (["--site", "salon", "--set", "messages"], "KEY=VALUE"),
        (["--site", "salon", "--set", "colour=red"], "KEY=VALUE"),
        (["--site", "salon", "--set", "min_gap=soon"], "min_gap must be"),
        (["--site", "salon", "--days", "0"], "--days"),
    ],
)
def test_wrong_use_says_what_is_right(folder: Path, words: list[str], said: str) -> None:
    done = booking_recovery(folder, "simulate", *words)

    assert done.returncode == 2
    assert said in done.stderr
