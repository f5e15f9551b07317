"""`check SITE --visit`: what a robot's visit is told as, stage by stage."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sidecar.wiring import Sidecar
from tests.assembled import Bridge, assembled
from tests.cli.commands import booking_recovery
from tests.listening import Call, Listener, Reply, listening

FORM = {"name": "form", "title": "The form can be reached", "state": "passed", "ms": 240}
TAKEN = {"name": "taken", "title": "The sidecar took the events", "state": "passed", "ms": 900}
WORKFLOW = {"name": "workflow", "title": "The workflow ran", "state": "waiting"}
HOOK = {"name": "bkntc_payment_confirmed", "kind": "hook", "state": "holds"}


@pytest.fixture
def wordpress() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def sidecar(tmp_path: Path, redis_url: str, wordpress: Listener) -> Sidecar:
    sidecar = assembled(tmp_path, redis_url, home=wordpress.url)
    bridge = Bridge(sidecar, home_url=wordpress.url)
    bridge.send(bridge.check_in(wordpress.url))
    for role in ("worker", "clock"):
        sidecar.heartbeats.beat(role)
    return sidecar


def answering(wordpress: Listener, *visits: dict[str, Any]) -> None:
    """Have WordPress tell of a visit: one answer after the other, the last for ever."""
    told = iter(visits)

    def answer(_: Call) -> Reply:
        return Reply(body={"assumptions": [], "is_over": False, **next(told, visits[-1])})

    wordpress.answer = answer


def test_each_stage_is_told_once_with_its_time(sidecar: Sidecar, wordpress: Listener) -> None:
    ran = {**WORKFLOW, "state": "passed", "text": "Look into a…@example.com.", "ms": 2500}
    answering(
        wordpress,
        {"stages": [FORM, {**TAKEN, "state": "waiting"}, WORKFLOW]},
        {"stages": [FORM, TAKEN, WORKFLOW]},
        {"stages": [FORM, TAKEN, ran], "is_over": True, "assumptions": [HOOK, HOOK]},
    )

    done = booking_recovery(sidecar.config.path.parent, "check", "salon", "--visit")
    *_, begins, form, taken, workflow, assumptions = done.stdout.splitlines()

    assert wordpress.routes() == ["visits", "visits/read", "visits/read"]
    assert [call.body["action"] for call in wordpress.calls] == [
        "visits.begin",
        "visits.read",
        "visits.read",
    ]
    (visit_id,) = {call.body["visit_id"] for call in wordpress.calls}
    assert visit_id.startswith("test-")
    assert begins == f"good: salon: test visit {visit_id} begins; it is counted nowhere"
    assert form == "good: salon: The form can be reached (0.2 s)"
    assert taken == "good: salon: The sidecar took the events (0.9 s)"
    assert workflow == "good: salon: The workflow ran (2.5 s): Look into a…@example.com."
    assert assumptions.endswith("2 of 2 seen to hold")


def test_what_failed_and_what_does_not_hold_is_wrong(
    sidecar: Sidecar, wordpress: Listener
) -> None:
    broken = {**HOOK, "state": "broken", "text": "Late payments will not be noticed."}
    unseen = {**HOOK, "name": "bkntc_payment_canceled", "state": "unseen"}
    failed = {**FORM, "state": "failed", "text": "The site cannot reach itself."}
    skipped = {**WORKFLOW, "state": "not_tried"}
    answering(
        wordpress,
        {"stages": [failed, skipped], "is_over": True, "assumptions": [broken, unseen, HOOK]},
    )

    done = booking_recovery(sidecar.config.path.parent, "check", "salon", "--visit", "--json")
    told = [(f["level"], f["text"]) for f in json.loads(done.stdout)["findings"][-6:]]

    assert done.returncode == 1
    assert told == [
        ("wrong", "salon: The form can be reached (0.2 s): The site cannot reach itself."),
        ("notice", "salon: not tried: The workflow ran"),
        ("notice", "salon: the sidecar has heard nothing of this visit"),
        (
            "wrong",
            "salon: Booknetic, hook bkntc_payment_confirmed is broken: Late payments will not be noticed.",
        ),
        ("notice", "salon: Booknetic, hook bkntc_payment_canceled is unseen"),
        ("good", "salon: what the bridge assumes about Booknetic: 1 of 3 seen to hold"),
    ]


def test_a_look_that_is_not_answered_is_made_again(sidecar: Sidecar, wordpress: Listener) -> None:
    replies = iter(
        [
            Reply(body={"stages": [WORKFLOW], "assumptions": [], "is_over": False}),
            Reply(status=503),
            Reply(hangs_up=True),
        ]
    )
    over = Reply(body={"stages": [FORM], "assumptions": [], "is_over": True})
    wordpress.answer = lambda _: next(replies, over)

    done = booking_recovery(sidecar.config.path.parent, "check", "salon", "--visit")

    assert "good: salon: The form can be reached" in done.stdout
    assert len(wordpress.calls) == 4


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(status=404, body={"code": "rest_no_route"}), "(rest_no_route); update the bridge"),
        (Reply(status=409, body={"code": "visit_in_progress"}), "409 (visit_in_progress)"),
        (Reply(body={"stages": "none"}), "answer is not a test visit"),
        (Reply(raw=b"<html>"), "something that is not JSON"),
    ],
)
def test_a_visit_that_cannot_begin_says_why(
    sidecar: Sidecar, wordpress: Listener, reply: Reply, said: str
) -> None:
    wordpress.answer = lambda _: reply

    done = booking_recovery(sidecar.config.path.parent, "check", "salon", "--visit")

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].startswith("wrong: salon: no test visit was made: ")
    assert said in done.stdout


def test_nobody_visits_where_nothing_would_follow(sidecar: Sidecar, wordpress: Listener) -> None:
    sidecar.redis.delete("booking-recovery:{0}:heartbeats")

    done = booking_recovery(sidecar.config.path.parent, "check", "salon", "--visit")

    assert done.returncode == 1
    assert "no worker or no clock lives" in done.stdout
    assert wordpress.calls == []


def test_only_the_site_that_is_named_is_checked(sidecar: Sidecar) -> None:
    folder = sidecar.config.path.parent

    assert "spa: " in booking_recovery(folder, "check").stdout
    assert "spa: " not in booking_recovery(folder, "check", "salon").stdout


@pytest.mark.parametrize("words", [["--visit"], ["nowhere"], ["nowhere", "--visit"]])
def test_a_visit_needs_a_site_that_there_is(sidecar: Sidecar, words: list[str]) -> None:
    done = booking_recovery(sidecar.config.path.parent, "check", *words)

    assert done.returncode == 2
    assert "Error: " in done.stderr
