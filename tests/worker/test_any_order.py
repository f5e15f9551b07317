"""Whatever the order and however often events arrive, the same sessions come of them.

Two sites on one Redis are told the same: `salon` in order and once, `spa` in any order, in
any batches, with repetitions. Between two ticks of the clock they may differ; after a tick
they must not.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from sidecar import recover, track
from sidecar.adapters import redis_keys
from sidecar.adapters.redis_store import DueEntry, milliseconds
from sidecar.config import Site
from sidecar.domain.abandonment import Due, due
from sidecar.domain.conversion import Conversion
from sidecar.domain.decision import Answer
from sidecar.domain.recovery import Outcome, recovery_id
from sidecar.domain.session import Session, State
from sidecar.payloads import Envelope
from sidecar.ports import ContactRequest, OutboxPage, RecoveryCall, SiteStatus, SuppressionPage
from sidecar.wiring import Sidecar
from tests.assembled import assembled, utc
from tests.domain.making import NOON

EXAMPLES = 40
HOME = "https://salon.example"
SESSIONS = ("s1", "s2", "s3")
PEOPLE = ("anna@example.com", "bert@example.com")


class Willing:
    """A bridge that sends whatever it is told to, and remembers it."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def trigger(self, call: RecoveryCall) -> Answer:
        self.sent.append(recovery_id(call.session.id, call.number))
        return Answer(outcome=Outcome.SENT)

    def look_up(self, recovery_id: str, *, close: bool) -> Answer | None:
        raise NotImplementedError

    def register(self, conversion_id: str, conversion: Conversion) -> None:
        raise NotImplementedError

    def read_outbox(self, outbox_id: str | None, after_seq: int, limit: int) -> OutboxPage:
        raise NotImplementedError

    def read_status(self) -> SiteStatus:
        raise NotImplementedError

    def update_contact(self, request: ContactRequest) -> None:
        raise NotImplementedError

    def read_suppressions(self, after: object, limit: int) -> SuppressionPage:
        raise NotImplementedError


@contextmanager
def _sidecar(redis_url: str) -> Iterator[Sidecar]:
    with TemporaryDirectory() as folder:
        made = assembled(Path(folder), redis_url, home=HOME, recovery='messages = ["45m", "9h"]')
        yield made
        made.redis.close()


class Deliveries(RuleBasedStateMachine):
    redis_url: str

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.seq = 0
        self.bookings = 0
        self.pending: list[dict[str, Any]] = []
        self.bridges = {"salon": Willing(), "spa": Willing()}
        self._open = _sidecar(self.redis_url)
        self.sidecar = self._open.__enter__()
        # The same site twice: same policy, same secrets of its links.
        self.sites: dict[str, Site] = dict(self.sidecar.config.sites)

    def teardown(self) -> None:
        self._open.__exit__(None, None, None)

    def event(self, kind: str, session: str | None, **data: Any) -> None:
        self.seq += 1
        self.pending.append(
            {
                "seq": self.seq,
                "type": kind,
                "occurred_at": utc(self.now),
                "session_id": session,
                "data": data,
            }
        )

    def token(self, site: str, session: str) -> str:
        return self.sidecar.vault.resume_token(site, f"{session}.1")

    @initialize()
    def begin(self) -> None:
        for session in SESSIONS[:2]:
            self.event("session.started", session, page_url=f"{HOME}/book")

    @rule(session=st.sampled_from(SESSIONS), step=st.sampled_from(["date_time", "information"]))
    def reaches_a_step(self, session: str, step: str) -> None:
        self.event("session.step_reached", session, step=step)

    @rule(session=st.sampled_from(SESSIONS), email=st.sampled_from(PEOPLE))
    def gives_a_contact(self, session: str, email: str) -> None:
        self.event("session.contact_given", session, contact={"email": email})

    @rule(session=st.sampled_from(SESSIONS), signal=st.sampled_from(["honeypot", "too_fast"]))
    def shows_signs_of_a_robot(self, session: str, signal: str) -> None:
        self.event("session.started", session, page_url=f"{HOME}/book", signals=[signal])

    @rule(session=st.sampled_from(SESSIONS), messaged=st.sampled_from(SESSIONS))
    def comes_by_a_link(self, session: str, messaged: str) -> None:
        self.event("session.returned", session, token=f"link of {messaged}")

    @rule(session=st.sampled_from([*SESSIONS, None]), email=st.sampled_from(PEOPLE))
    def books(self, session: str | None, email: str) -> None:
        self.bookings += 1
        data = {"booking": self.booking(self.bookings, "approved"), "contact": {"email": email}}
        self.event("booking.created", session, **data)
        self.event("booking.confirmed", session, **data)

    @rule(number=st.integers(1, 3), status=st.sampled_from(["approved", "canceled"]))
    def changes_a_booking(self, number: int, status: str) -> None:
        if number <= self.bookings:
            self.event("booking.changed", None, booking=self.booking(number, status))

    def booking(self, number: int, status: str) -> dict[str, Any]:
        starts = utc(NOON + timedelta(days=30))
        return {
            "key": f"b{number}",
            "created_at": utc(self.now.replace(microsecond=0)),
            "appointments": [{"id": number, "starts_at": starts, "status": status}],
        }

    @rule(minutes=st.sampled_from([1, 5, 20, 50, 400, 600, 11000]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(data=st.data())
    def the_clock_ticks(self, data: st.DataObject) -> None:
        if self.pending:
            self.deliver("salon", [self.pending])
            again = data.draw(st.lists(st.sampled_from(self.pending), max_size=4))
            shuffled = data.draw(st.permutations([*self.pending, *again]))
            cut = data.draw(st.integers(0, len(shuffled)))
            self.deliver("spa", [shuffled[:cut], shuffled[cut:]])
            self.pending = []
        for site in self.sites:
            self.tick(site)
        self.compare()

    def deliver(self, site: str, batches: list[list[dict[str, Any]]]) -> None:
        for batch in filter(None, batches):
            text = json.dumps(batch)
            for session in SESSIONS:
                text = text.replace(f"link of {session}", self.token(site, session))
            envelope = Envelope(
                site=site, home_url=HOME, outbox_id="o", events=tuple(json.loads(text))
            )
            receipt = track.receive(self.sidecar.store, self.sites[site], envelope, self.now)
            assert {result.status for result in receipt.results} <= {"applied", "duplicate"}

    def tick(self, site: str) -> None:
        """Do what is due, as clock and workers would, in the order in which it is due."""
        for _ in range(50):
            entry = self.next_due(site)
            if entry is None:
                return
            self.handle(entry, self.sites[site])
        raise AssertionError("the clock does not come to rest")

    def next_due(self, site: str) -> DueEntry | None:
        found = self.sidecar.redis.zrangebyscore(redis_keys.DUE, "-inf", milliseconds(self.now))
        entries = [DueEntry.parse(member.decode()) for member in found]  # type: ignore[union-attr]  # bytes here
        skipped = ("register", "outbox", "status")
        return next((e for e in entries if e.site == site and e.kind not in skipped), None)

    def handle(self, entry: DueEntry, site: Site) -> None:
        store, now = self.sidecar.store, self.now
        match entry.kind:
            case "settle":
                track.settle_session(store, site, entry.item, now)
            case "abandon":
                recover.abandon(store, site, entry.item, now)
            case "close":
                recover.close(store, site, entry.item, now)
            case "erase":
                recover.expire(store, site, entry.item, now)
            case "recover":
                recover.send(store, self.bridges[site.id], site, entry.item, clock=lambda: now)
            case _:
                raise AssertionError(entry.kind)

    def sessions(self, site: str) -> dict[str, Session]:
        pattern = redis_keys.session(site, "*").replace("{", "?").replace("}", "?")
        ids = [key.decode().rpartition(":")[2] for key in self.sidecar.redis.scan_iter(pattern)]
        work = self.sidecar.store.begin(site)
        found = (work.session(session_id) for session_id in ids)
        return {s.id: replace(s, site="") for s in found if s is not None}

    def compare(self) -> None:
        one, other = self.sessions("salon"), self.sessions("spa")
        assert one.keys() == other.keys()
        found = [d for key in one for d in differences(one[key], other[key])]
        assert not found, "\n".join(found)
        assert self.bridges["salon"].sent == self.bridges["spa"].sent
        for bridge in self.bridges.values():
            assert len(bridge.sent) == len(set(bridge.sent))
        for site, sessions in (("salon", one), ("spa", other)):
            assert self.sidecar.tallies.recount(site) == {}
            for session in sessions.values():
                self.has_its_due_entries(site, session)

    def has_its_due_entries(self, site: str, session: Session) -> None:
        policy = self.sites[site].policy
        for kind, item in due(session, policy):
            name = recovery_id(session.id, int(item)) if kind is Due.RECOVER else item
            assert self.sidecar.due.due_at(DueEntry(kind, site, name)) is not None
        if session.state in (State.ACTIVE, State.ABANDONED, State.CONTACTED):
            assert due(session, policy)


def differences(one: Session, other: Session) -> list[str]:
    """Name the fields that differ, with both values."""
    pairs = [(f.name, getattr(one, f.name), getattr(other, f.name)) for f in fields(Session)]
    return [f"{one.id}.{name}: {a!r} and {b!r}" for name, a, b in pairs if a != b]


def test_any_order_and_repetition_ends_in_the_same_state(redis_url: str) -> None:
    class OnRedis(Deliveries):
        pass

    OnRedis.redis_url = redis_url
    run_state_machine_as_test(
        OnRedis,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
