"""Whatever a person does and however late the clock is: what is promised about messages holds.

Each example is one person with up to three visits, one owner's choices, and weeks of time.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidecar.domain import quiet
from sidecar.domain.abandonment import Due, abandon, close, due
from sidecar.domain.attribution import had_elsewhere, settle
from sidecar.domain.booking import Selection
from sidecar.domain.decision import Answer, Send, Surroundings, act, conclude, decide
from sidecar.domain.events import BookingConfirmed, ContactGiven, StepReached
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Reason
from sidecar.domain.session import ENDED, Session, begin, hear
from tests.domain.making import ANNA, booking

EXAMPLES = 300
VISITS = ("s1", "s2", "s3")
MONTH = timedelta(days=30)

# Among them the days around the nights in which clocks change.
BEGINNINGS = [
    datetime(2026, 3, 28, 11, 30, tzinfo=UTC),
    datetime(2026, 6, 15, 19, 0, tzinfo=UTC),
    datetime(2026, 10, 24, 20, 45, tzinfo=UTC),
]
ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Auckland"]


class Sent(NamedTuple):
    at: datetime
    session: str
    number: int
    due_at: datetime
    slot: datetime | None


@dataclass
class Person:
    """Does as told, while clock and workers do what is due of her visits."""

    policy: Policy
    zone: ZoneInfo
    now: datetime
    visits: dict[str, Session] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    opted_out_at: datetime | None = None
    booked: list[datetime] = field(default_factory=list)
    seq: int = 0

    def visit(self, name: str, slot_in: timedelta | None) -> None:
        """Open the form, or come back to it, choose a time or none, and type the address."""
        session = self.visits.get(name) or begin("salon", name, self.now)
        slot = self.now + slot_in if slot_in is not None else None
        self.seq += 2
        choice = StepReached(
            seq=self.seq - 1,
            at=self.now,
            session_id=name,
            step="date_time",
            selection=Selection(starts_at=slot),
        )
        given_ = ContactGiven(seq=self.seq, at=self.now, session_id=name, contact=ANNA)
        self.visits[name] = hear(hear(session, choice), given_)

    def book(self, name: str) -> None:
        if name not in self.visits:
            return
        self.seq += 1
        made = booking(f"b{self.seq}", created_at=self.now, days=300)
        event = BookingConfirmed(seq=self.seq, at=self.now, session_id=name, booking=made)
        self.visits[name] = hear(self.visits[name], event)
        self.visits = settle(self.visits, self.policy, self.now)
        self.booked.append(self.now)

    def opt_out(self) -> None:
        self.opted_out_at = self.opted_out_at or self.now

    def let_pass(self, time: timedelta, *, is_away: bool) -> None:
        """Let time pass; where the sidecar is away it finds at the end what was due meanwhile."""
        until = self.now + time
        self.now = until if is_away else self.now
        while awaited := self._awaited(until):
            at, session, kind, item = awaited
            self.now = max(self.now, at)
            self.visits[session] = self._follow(self.visits[session], kind, item)
        self.now = until

    def _awaited(self, until: datetime) -> tuple[datetime, str, Due, str] | None:
        found = [
            (at, session.id, kind, item)
            for session in self.visits.values()
            for (kind, item), at in due(session, self.policy).items()
            if at <= until and kind not in (Due.REGISTER, Due.ERASE)
        ]
        return min(found, default=None)

    def _follow(self, session: Session, kind: Due, item: str) -> Session:
        suppressed = Reason.OPTED_OUT if self.opted_out_at else None
        if kind is Due.CLOSE:
            return close(session, self.policy, self.now)
        if kind is Due.ABANDON:
            had = had_elsewhere(session, self.visits)
            session = abandon(
                session, self.policy, self.now, zone=self.zone, suppressed=suppressed, had=had
            )
            return close(session, self.policy, self.now)
        recovery = session.recovery(int(item))
        assert recovery is not None
        around = Surroundings(group=self.visits, zone=self.zone, suppressed=suppressed)
        decision = decide(session, recovery, self.policy, self.now, around)
        session = act(session, recovery, decision, self.now)
        if isinstance(decision, Send):
            handed = session.recovery(recovery.number)
            assert handed is not None
            slot = session.selection.starts_at
            self.sent.append(Sent(self.now, session.id, recovery.number, recovery.due_at, slot))
            session = conclude(session, handed, Answer(outcome=Outcome.SENT), self.now)
        return session


def minutes(*choices: int) -> st.SearchStrategy[timedelta]:
    return st.sampled_from([timedelta(minutes=choice) for choice in choices])


policies = st.builds(
    Policy,
    messages=st.lists(minutes(0, 5, 45, 120, 600, 1440, 2880, 7200), min_size=1, max_size=5).map(
        lambda delays: tuple(sorted(set(delays)))
    ),
    min_gap=minutes(0, 10, 360, 1440),
    quiet_hours=st.sampled_from(["", "21:00-08:00", "00:30-02:30", "02:15-23:45"]),
    max_lateness=minutes(1, 30, 600, 1440),
    slot_lead_time=minutes(0, 30, 120),
    contact_cooldown=minutes(0, 60, 10080),
    cap_per_30_days=st.integers(1, 4),
)
deeds = st.one_of(
    st.tuples(
        st.just("visit"),
        st.sampled_from(VISITS),
        st.none() | minutes(10, 100, 400, 1500, 4000, 20000),
    ),
    st.tuples(st.just("book"), st.sampled_from(VISITS)),
    st.tuples(st.just("opt_out")),
    st.tuples(st.just("let_pass"), minutes(1, 14, 20, 60, 300, 900, 3000, 12000), st.booleans()),
)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    policy=policies,
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    start=st.sampled_from(BEGINNINGS),
    story=st.lists(deeds, max_size=16),
)
def test_what_is_promised_holds(
    policy: Policy, zone: ZoneInfo, start: datetime, story: list[tuple[object, ...]]
) -> None:
    person = Person(policy, zone, start)
    person.visit("s1", None)
    for deed, *how in story:
        match deed, how:
            case "visit", [str(name), slot_in]:
                person.visit(name, slot_in if isinstance(slot_in, timedelta) else None)
            case "book", [str(name)]:
                person.book(name)
            case "opt_out", []:
                person.opt_out()
            case "let_pass", [timedelta() as time, bool(is_away)]:
                person.let_pass(time, is_away=is_away)
    person.let_pass(timedelta(days=60), is_away=False)

    nobody_is_woken(person)
    nothing_comes_too_late(person)
    nobody_gets_too_much(person)
    each_message_goes_out_once_and_in_order(person)
    whoever_said_no_or_booked_is_left_alone(person)
    everything_ends_explained(person)


def nobody_is_woken(person: Person) -> None:
    for sent in person.sent:
        assert quiet.ends(person.policy.quiet_hours, sent.at, person.zone) is None


def nothing_comes_too_late(person: Person) -> None:
    for sent in person.sent:
        assert sent.due_at <= sent.at <= sent.due_at + person.policy.max_lateness
        if sent.slot is not None:
            assert sent.at < sent.slot - person.policy.slot_lead_time or (
                sent.at < sent.slot and not person.policy.slot_lead_time
            )


def nobody_gets_too_much(person: Person) -> None:
    times = sorted(sent.at for sent in person.sent)
    for earlier, later in pairwise(times):
        assert later - earlier >= person.policy.min_gap
    for at in times:
        month = [other for other in times if at - MONTH < other <= at]
        assert len(month) <= person.policy.cap_per_30_days


def each_message_goes_out_once_and_in_order(person: Person) -> None:
    for name in VISITS:
        numbers = [sent.number for sent in person.sent if sent.session == name]
        assert numbers == sorted(set(numbers))


def whoever_said_no_or_booked_is_left_alone(person: Person) -> None:
    for sent in person.sent:
        assert person.opted_out_at is None or sent.at <= person.opted_out_at
        began = person.visits[sent.session].started_at
        assert not any(began <= booked < sent.at for booked in person.booked)


def everything_ends_explained(person: Person) -> None:
    for session in person.visits.values():
        assert session.state in ENDED
        for recovery in session.recoveries:
            if recovery.outcome is Outcome.SKIPPED:
                assert recovery.reason in set(Reason)
            else:
                assert recovery.outcome is Outcome.SENT or not session.is_open
