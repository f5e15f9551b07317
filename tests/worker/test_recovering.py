"""From silence to message to conversion: clock, RQ and Redis are real, WordPress listens."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry, ScheduledJobRegistry
from rq.serializers import JSONSerializer

from sidecar.adapters import redis_keys
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.rq_jobs import OurJob, queue
from sidecar.adapters.site_calls import CALLS
from sidecar.domain.abandonment import policy_of
from sidecar.domain.recovery import Outcome
from sidecar.domain.session import Session, State
from sidecar.wiring import Sidecar
from sidecar.worker.clock import Clock
from tests.assembled import Bridge, assembled, statuses, utc
from tests.listening import Call, Listener, Reply

ANNA = {"email": "anna.marker@example.com", "first_name": "Anna"}
ENTRY = DueEntry("recover", "salon", "s1.1")
Work = Callable[[], None]


def long_ago(**more: Any) -> dict[str, Any]:
    """An event's time, far enough back for everything that follows from it to be due."""
    return {"occurred_at": utc(datetime.now(UTC) - timedelta(minutes=5)), **more}


def visit(bridge: Bridge, session: str = "s1") -> None:
    """A visitor gives an e-mail address and leaves."""
    answer = bridge.send(
        bridge.event("session.started", session, page_url=f"{bridge.home_url}/book/") | long_ago(),
        bridge.event("session.contact_given", session, contact=ANNA) | long_ago(),
    )
    assert statuses(answer) == ["applied", "applied"]


def book(bridge: Bridge, session: str, **more: Any) -> dict[str, Any]:
    starts = datetime.now(UTC) + timedelta(days=3)
    booking = {
        "key": "pay1",
        "created_at": utc(datetime.now(UTC)),
        "appointments": [{"id": 7, "starts_at": utc(starts), "status": "approved"}],
        "total": {"amount": "45.00", "currency": "EUR"},
        **more,
    }
    return bridge.event("booking.confirmed", session, booking=booking)


def session_of(sidecar: Sidecar, session_id: str = "s1") -> Session:
    session = sidecar.store.begin("salon").session(session_id)
    assert session is not None
    return session


def outcome_of(sidecar: Sidecar) -> Outcome:
    return session_of(sidecar).recoveries[0].outcome


def delayed(sidecar: Sidecar) -> list[str]:
    registry = ScheduledJobRegistry(queue=queue(sidecar.redis))  # type: ignore[no-untyped-call]  # RQ leaves it untyped
    return [str(job_id) for job_id in registry.get_job_ids()]


def make_due(sidecar: Sidecar) -> None:
    """Move the hand-over that is looked at later to now, in the session and in the index."""
    store = sidecar.store.begin("salon", sessions=["s1"])
    session = store.session("s1")
    assert session is not None
    recovery = session.recoveries[0]
    store.put_session(
        session.with_recovery(replace(recovery, try_at=datetime.now(UTC) - timedelta(seconds=1))),
        sidecar.config.sites["salon"].policy,
    )
    assert store.commit()


def test_who_leaves_is_written_to_once(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    visit(bridge)

    clock.tick()  # abandoned
    clock.tick()  # and its message, already due, is queued
    work()
    clock.tick()
    work()

    [call] = wordpress.calls
    assert call.route == "recoveries"
    assert call.is_signed_with(*sidecar.config.sites["salon"].callback_secrets)
    assert call.body["action"] == "recoveries.trigger"
    assert call.body["site"] == "salon"
    assert call.body["recovery_id"] == "s1.1"
    assert call.body["contact"]["email"] == ANNA["email"]
    assert call.body["kind"] == "unfinished"
    session = session_of(sidecar)
    assert session.state is State.CONTACTED
    assert session.recoveries[0].outcome is Outcome.SENT


def test_a_recovery_that_waits_is_an_rq_delayed_job_without_personal_data(
    tmp_path: Path, redis_url: str, wordpress: Listener
) -> None:
    in_an_hour = 'abandon_after = "1s"\nmessages = ["1h"]'
    sidecar = assembled(tmp_path, redis_url, home=wordpress.url, recovery=in_an_hour)
    bridge, clock = Bridge(sidecar, home_url=wordpress.url), Clock(sidecar)
    visit(bridge)

    clock.tick()
    clock.tick()

    [job_id] = delayed(sidecar)
    job = Job.fetch(job_id, connection=sidecar.redis, serializer=JSONSerializer)
    assert job_id.startswith("r-")
    assert len(job_id) == 34
    assert job.args == ["salon", "s1.1"]
    assert "marker" not in str(job.to_dict())

    bridge.send(book(bridge, "s1"))
    clock.tick()
    clock.tick()

    assert delayed(sidecar) == []
    with pytest.raises(NoSuchJobError):
        Job.fetch(job_id, connection=sidecar.redis, serializer=JSONSerializer)


def test_who_booked_during_the_wait_gets_nothing(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    visit(bridge)
    clock.tick()
    bridge.send(book(bridge, "s1"))

    clock.tick()
    work()

    assert wordpress.calls == []
    assert session_of(sidecar).state is State.BOOKED


def test_a_recovery_for_which_two_workers_come_calls_once(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    visit(bridge)
    clock.tick()
    clock.tick()
    sidecar.calls.stand([ENTRY])
    sidecar.jobs.promote([DueEntry(CALLS, "salon", "another")])

    work()

    assert wordpress.routes() == ["recoveries"]


def test_what_happens_during_a_call_is_not_lost_by_its_answer(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    visit(bridge)
    clock.tick()
    clock.tick()

    def returns_meanwhile(call: Call) -> Reply:
        contact = {**ANNA, "first_name": "Annika"}
        bridge.send(bridge.event("session.contact_given", "s1", contact=contact))
        return Reply(body={"outcome": "sent", **call.body})

    wordpress.answer = returns_meanwhile
    work()

    session = session_of(sidecar)
    assert session.contact
    assert session.contact.first_name == "Annika"
    assert outcome_of(sidecar) is Outcome.SENT
    assert wordpress.routes() == ["recoveries"]


def test_an_answer_is_written_on_what_its_claim_wrote_without_reading_that_again(
    bridge: Bridge, sidecar: Sidecar
) -> None:
    visit(bridge)
    claim = sidecar.store.begin("salon", sessions=["s1"])
    session = claim.session("s1")
    assert session
    policy = policy_of(session, sidecar.config.sites["salon"].policy)
    claim.put_session(replace(session, released=True), policy)
    assert claim.commit()

    following = claim.following()
    known = following.session("s1")
    assert known
    assert known.released
    following.put_session(replace(known, released=False), policy)
    assert following.commit()

    late = claim.following()
    late.put_session(known, policy)
    assert not late.commit(), "it is another by now"
    assert not session_of(sidecar).released


def test_a_delayed_job_that_somebody_queues_has_its_recovery_be_looked_at(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    job_id = shown_for_later(bridge, sidecar, clock)
    sidecar.redis.rpush(queue(sidecar.redis).key, job_id)
    work()
    assert wordpress.calls == []

    clock.tick()
    work()

    assert wordpress.routes() == ["recoveries"]


def test_a_delayed_job_that_vanished_is_not_needed(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    sidecar.redis.delete(OurJob.key_for(shown_for_later(bridge, sidecar, clock)))

    sidecar.due.bring_to_now(ENTRY)
    clock.tick()
    work()

    assert wordpress.routes() == ["recoveries"]
    assert delayed(sidecar) == []


def shown_for_later(bridge: Bridge, sidecar: Sidecar, clock: Clock) -> str:
    """Have a recovery be due, and its delayed job be shown for later; return the job's id."""
    visit(bridge)
    clock.tick()
    sidecar.due.put({ENTRY: sidecar.due.now() + timedelta(hours=1)})
    clock.tick()
    (job_id,) = delayed(sidecar)
    return job_id


def test_after_a_lost_answer_it_is_looked_up_and_not_sent_again(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    wordpress.answer = lambda _: Reply(hangs_up=True)
    visit(bridge)
    clock.tick()
    clock.tick()
    work()
    assert outcome_of(sidecar) is Outcome.HANDING_OVER

    wordpress.answer = lambda call: Reply(
        body={"recovery_id": call.body["recovery_id"], "outcome": "sent", "repeated": True}
    )
    make_due(sidecar)
    clock.tick()
    work()

    assert wordpress.routes() == ["recoveries", "recoveries/lookup"]
    assert outcome_of(sidecar) is Outcome.SENT


def test_a_call_that_never_arrived_is_made_again_after_the_look_up(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    wordpress.answer = lambda _: Reply(503, headers={"Retry-After": "7"})
    visit(bridge)
    clock.tick()
    clock.tick()
    work()

    def unknown_then_sent(call: Call) -> Reply:
        outcome = "unknown_id" if call.route == "recoveries/lookup" else "sent"
        return Reply(body={"recovery_id": call.body["recovery_id"], "outcome": outcome})

    wordpress.answer = unknown_then_sent
    make_due(sidecar)
    clock.tick()
    work()

    assert wordpress.routes() == ["recoveries", "recoveries/lookup", "recoveries"]
    assert outcome_of(sidecar) is Outcome.SENT


def unknown_id(call: Call) -> Reply:
    closed = "withdrawn" if call.body.get("close") else "unknown_id"
    return Reply(body={"recovery_id": call.body["recovery_id"], "outcome": closed})


def test_who_booked_while_a_hand_over_was_in_doubt_gets_nothing(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    wordpress.answer = lambda _: Reply(503)
    visit(bridge)
    clock.tick()
    clock.tick()
    work()
    bridge.send(book(bridge, "s1"))

    wordpress.answer = unknown_id
    make_due(sidecar)
    clock.tick()
    work()

    assert wordpress.routes() == ["recoveries", "recoveries/lookup"]
    assert wordpress.calls[1].body["close"] is True
    assert outcome_of(sidecar) is Outcome.WITHDRAWN


def test_who_came_back_while_a_hand_over_was_in_doubt_gets_it_after_leaving_again(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    wordpress.answer = lambda _: Reply(503)
    visit(bridge)
    clock.tick()
    clock.tick()
    work()
    bridge.send(bridge.event("session.step_reached", step="information"))
    assert session_of(sidecar).state is State.ACTIVE

    wordpress.answer = unknown_id
    make_due(sidecar)
    clock.tick()
    work()

    assert wordpress.routes() == ["recoveries", "recoveries/lookup"]
    assert outcome_of(sidecar) is Outcome.WAITING


NOTHING_TOLD = {
    "a fault": Reply(500),
    "no back end": Reply(502, raw=b"<html>Bad gateway</html>"),
    "not ready": Reply(503),
    "in progress": Reply(409, body={"code": "recovery_in_progress"}),
    "too many": Reply(429),
    "signature refused": Reply(401),
    "plugin switched off": Reply(404),
    "elsewhere": Reply(302, headers={"Location": "http://127.0.0.1:1/"}),
    "maintenance page": Reply(200, raw=b"<html>Maintenance</html>"),
    "a slip of PHP": Reply(200, raw=b'<br />Warning: {"outcome": "sent", "recovery_id": "s1.1"}'),
    "half an answer": Reply(200, body={"outcome": "sent", "recovery_id": "s1.1"}, kept_back=5),
    "another's answer": Reply(200, body={"outcome": "sent", "recovery_id": "s2.1"}),
    "a list": Reply(200, raw=b"[]"),
    "no origin": Reply(200, raw=b'{"outcome": "sent", "recovery_id": "s1.1"}'),
    "an unknown outcome": Reply(200, body={"outcome": "magic", "recovery_id": "s1.1"}),
    "another site": Reply(
        200,
        body={
            "origin": {"home_url": "https://elsewhere.example", "outbox_id": "x"},
            "outcome": "sent",
            "recovery_id": "s1.1",
        },
    ),
    "endless": Reply(200, raw=b" " * (64 * 1024 + 1)),
    "silence": Reply(hangs_up=True),
}


@pytest.mark.parametrize("reply", NOTHING_TOLD.values(), ids=NOTHING_TOLD)
def test_an_answer_that_tells_nothing_is_asked_again_later(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener, reply: Reply
) -> None:
    bridge.send(bridge.check_in(wordpress.url))
    wordpress.answer = lambda call: reply if call.route == "recoveries" else Reply()
    visit(bridge)

    clock.tick()
    clock.tick()
    work()

    recovery = session_of(sidecar).recoveries[0]
    assert recovery.outcome is Outcome.HANDING_OVER
    assert recovery.try_at is not None
    due = sidecar.due.due_at(ENTRY)
    assert due is not None
    assert abs(due - recovery.try_at) < timedelta(milliseconds=2)
    assert due > datetime.now(UTC)


def test_a_request_that_is_refused_as_wrong_is_not_repeated(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    wordpress.answer = lambda _: Reply(422, body={"code": "rest_invalid_param"})
    visit(bridge)
    clock.tick()
    clock.tick()
    work()

    assert outcome_of(sidecar) is Outcome.FAILED
    assert sidecar.due.due_at(ENTRY) is None
    assert "rest_invalid_param" in (session_of(sidecar).recoveries[0].reason or "")


def test_a_booking_by_the_link_in_another_browser_is_registered_with_its_date(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    visit(bridge)
    clock.tick()
    clock.tick()
    work()
    token = wordpress.calls[0].body["resume_token"]
    wordpress.calls.clear()
    time.sleep(1)  # a booking is dated in whole seconds, and must follow the message

    bridge.send(
        bridge.event("session.returned", "s2", token=token),
        made := book(bridge, "s2"),
    )
    clock.tick()  # the booking's consequences are drawn
    clock.tick()  # one of them is a conversion to register
    work()

    [call] = wordpress.calls
    assert call.route == "conversions"
    starts_at = made["data"]["booking"]["appointments"][0]["starts_at"]
    assert call.body | {"converted_at": None} == {
        "site": "salon",
        "action": "conversions.register",
        "conversion_id": "s1",
        "revision": 1,
        "session_id": "s2",
        "recovery_id": "s1.1",
        "booking_key": "pay1",
        "appointment_ids": [7],
        "appointment_starts_at": starts_at,
        "attributed_by": "click",
        "value": {"amount": "45.00", "currency": "EUR"},
        "status": "active",
        "converted_at": None,
    }
    assert session_of(sidecar).state is State.RECOVERED
    assert session_of(sidecar, "s2").state is State.BOOKED
    conversion = session_of(sidecar).conversion
    assert conversion is not None
    assert conversion.is_registered


def test_a_conversion_that_wordpress_could_not_note_is_registered_later(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    visit(bridge)
    clock.tick()
    clock.tick()
    work()
    time.sleep(1)
    wordpress.answer = lambda _: Reply(500)
    bridge.send(book(bridge, "s1"))
    clock.tick()
    clock.tick()
    work()

    entry = DueEntry("register", "salon", "s1")
    due = sidecar.due.due_at(entry)
    assert due is not None
    assert due > datetime.now(UTC)

    wordpress.answer = lambda _: Reply(body={"outcome": "registered"})
    sidecar.due.put({entry: datetime.now(UTC) - timedelta(seconds=1)})
    clock.tick()
    work()

    assert sidecar.due.due_at(entry) is None


def test_a_start_reads_what_the_outbox_holds(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    missed = [
        bridge.event("session.started", f"s{number}", page_url=f"{wordpress.url}/book/")
        for number in range(150)
    ]

    def outbox(call: Call) -> Reply:
        after, limit = call.body["after_seq"], call.body["limit"]
        beyond = [event for event in missed if event["seq"] > after]
        return Reply(
            body={
                "events": beyond[:limit],
                "last_seq": missed[-1]["seq"],
                "has_more": len(beyond) > limit,
            }
        )

    wordpress.answer = outbox
    clock.start()
    time.sleep(0.01)  # due times are whole milliseconds, rounded up
    clock.tick()
    work()

    assert sidecar.store.count_sessions("salon") == 150
    cursor = sidecar.store.begin("salon").record().cursor
    assert cursor is not None
    assert cursor.ack == 150
    assert sidecar.due.due_at(DueEntry("outbox", "salon", "salon")) is not None


def test_a_check_in_is_answered_with_a_call_that_reads_the_status(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    wordpress.answer = lambda _: Reply(body={"booknetic_ready": True, "workflows": 1})
    bridge.send(bridge.check_in(wordpress.url))

    clock.tick()
    work()

    assert "status" in wordpress.routes()
    status = sidecar.notes.read("salon").status
    assert status is not None
    assert status["workflows"] == 1


def test_a_worker_runs_no_function_but_ours(sidecar: Sidecar, work: Work, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    planted = queue(sidecar.redis).enqueue("os.mkdir", str(proof))

    work()

    assert not proof.exists()
    failed = FailedJobRegistry(queue=queue(sidecar.redis))
    assert planted.id in failed.get_job_ids()


def test_what_cannot_be_read_is_set_aside_and_stops_nobody(
    bridge: Bridge, sidecar: Sidecar, clock: Clock, work: Work, wordpress: Listener
) -> None:
    for name in ("s1", "s2", "s3"):
        visit(bridge, name)
    bridge.send(bridge.event("session.contact_given", "s4", contact={"email": "d@example.com"}))
    tampered = sidecar.redis.get(redis_keys.session("salon", "s3"))
    assert isinstance(tampered, bytes)
    sidecar.redis.set(redis_keys.session("salon", "s2"), b"\x01" + bytes(8) + b"no session")
    sidecar.redis.set(redis_keys.session("salon", "s3"), tampered[:-1] + bytes([tampered[-1] ^ 1]))
    sidecar.redis.sadd(redis_keys.CHANGED_RECOVERIES, "no entry")
    for _ in range(3):
        clock.tick()
        work()

    assert sidecar.store.count_unreadable("salon") == 2
    # Whether the fourth has been silent for long enough depends on the machine.
    assert {call.body["session_id"] for call in wordpress.calls} - {"s4"} == {"s1"}
    assert [s.id for s in sidecar.store.latest_sessions("salon", limit=9)] == ["s4", "s1"]
    again = bridge.send(bridge.event("session.step_reached", "s2", step="information"))
    assert statuses(again) == ["applied"]
    assert session_of(sidecar, "s2").step == "information"
    assert sidecar.store.count_unreadable("salon") == 2


def test_an_entry_that_cannot_be_handled_does_not_stop_the_others(
    bridge: Bridge, sidecar: Sidecar, clock: Clock
) -> None:
    visit(bridge)
    sidecar.redis.set(redis_keys.session("salon", "broken"), b"\x09nonsense")
    past = datetime.now(UTC) - timedelta(minutes=1)
    sidecar.due.put(
        {
            DueEntry("abandon", "salon", "broken"): past - timedelta(hours=1),
            DueEntry("abandon", "salon", "vanished"): past,
            DueEntry("abandon", "stranger", "s1"): past,
        }
    )

    sidecar.redis.zadd(redis_keys.DUE, {b"nonsense": 1, b"\xff:salon:s1": 2})

    clock.tick()

    assert session_of(sidecar).state is State.ABANDONED
    assert sidecar.due.due_at(DueEntry("abandon", "salon", "vanished")) is None
    assert sidecar.redis.zscore(redis_keys.DUE, "nonsense") is None
