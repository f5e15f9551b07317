"""One story with a sidecar of its own, in which one thing goes wrong; and what became of it.

    python -m tests.faults.crashes worker "killed before" RedisWork.commit 3

repeats a case alone and prints what it came to; without words it prints the points that are
passed where nothing goes wrong. Time is made to pass: whoever waits for a lease waits no second.
"""

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, cast

import requests
from redis.exceptions import RedisError
from rq.registry import ScheduledJobRegistry

from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_store import DueEntry, moment
from sidecar.adapters.rq_jobs import queue
from sidecar.domain.abandonment import due
from sidecar.domain.session import Session, State, What
from sidecar.wiring import Sidecar
from tests.assembled import PASSWORDS, assembled, utc
from tests.faults import roles
from tests.faults.points import DEQUEUE, IDLE, MADE, Fault, Kind, Passing, Trace
from tests.faults.roles import ROLES, Place
from tests.faults.salon import Salon
from tests.ground import clock as clocks
from tests.ground.clock import Clock
from tests.ground.processes import HOST, free_port, private_directory
from tests.ground.redis import Server, waiting
from tests.ground.waiting import wait_until
from tests.listening import listening

RULES = 'attribution_window = "4m"'
SETTINGS = {"abandon_after": "4m", "messages": ["4m"]}

ANNA, BOB, CLARA = "anna@example.com", "bob@example.com", "clara@example.com"

HELD_UP_AT_MOST = timedelta(seconds=90 + 15)
"""A lease, and the pauses after two calls in a row that brought no answer."""

_JUMPS = 12

_ROUTES = {
    "WordPress.trigger": "recoveries",
    "WordPress.look_up": "recoveries/lookup",
    "WordPress.register": "conversions",
    "WordPress.read_outbox": "outbox",
    "WordPress.read_status": "status",
    "WordPress.update_contact": "contacts",
    "WordPress.read_suppressions": "suppressions",
}


class StuckError(AssertionError):
    """Everything rests, and what should happen does not."""


@dataclass(kw_only=True)
class Ending:
    """What became of a story: `problems` in words; `essence` must be that of any other run.

    It was held up the longest before what `held_up_before` says.
    """

    trace: list[Passing]
    essence: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    held_up: timedelta = timedelta(0)
    held_up_before: str = ""
    was_made: bool = False


class Step(NamedTuple):
    """Something happens, and then something is so."""

    act: Callable[[], object]
    goal: Callable[[], bool]
    what: str


class Run:
    """A sidecar's processes, their Redis and their bridge, from the first event to the last end."""

    def __init__(self, folder: Path, library: Path, fault: Fault | None) -> None:
        self._fault = fault
        self._clock = Clock(folder, library)
        self._stack = contextlib.ExitStack()
        self._redis = Server(folder, env=self._clock.environment)
        self._place = Place(folder, self._clock.environment, free_port())
        self._crew: dict[str, Any] = {}
        self._jumped = timedelta(0)
        self._held_up: dict[str, timedelta] = {}
        self._failures = 0
        self._trace = Trace(folder / "trace")

    def __enter__(self) -> "Run":
        listener = self._stack.enter_context(listening())
        self._redis.start()
        self._stack.callback(self._redis.kill)
        self.sidecar: Sidecar = assembled(
            self._place.folder, self._redis.url, home=listener.url, recovery=RULES
        )
        self._site = self.sidecar.config.sites["salon"]
        self._begin_empty()
        self._web = f"http://{HOST}:{self._place.port}"
        self.salon = Salon(
            listener, self._clock, self._web, settings=SETTINGS, hangs_up_at=self._lost_answers()
        )
        self._stack.callback(self._stop_crew)
        for role in ROLES:
            self._crew[role] = roles.start(role, self._place, self._redis.pid, self._fault)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._trace.close()

    def _lost_answers(self) -> list[tuple[str, int]]:
        fault = self._fault
        if fault and fault.kind is Kind.REPLY_LOST and fault.point in _ROUTES:
            return [(_ROUTES[fault.point], fault.passing)]
        return []

    def _begin_empty(self) -> None:
        """Have the store filled from WordPress first, as a new one is."""
        work = self.sidecar.store.begin("salon")
        work.put_record(replace(work.record(), refilled=False))
        assert work.commit()

    def _stop_crew(self) -> None:
        for process in self._crew.values():
            process.kill()
            process.join()

    # The story.

    def tell(self) -> Ending:
        problems: list[str] = []
        try:
            for step in self._story():
                self._reach(step)
        except StuckError as stuck:
            problems.append(str(stuck))
        trace = self._trace.read()
        slowest = max(self._held_up, key=self._held_up.__getitem__, default="")
        ending = Ending(
            trace=trace,
            problems=problems,
            held_up=self._held_up.get(slowest, timedelta(0)),
            held_up_before=slowest,
            was_made=bool(set(self.salon.hung_up) & set(self._lost_answers()))
            or any(one.when == MADE for one in trace),
        )
        if not problems:
            ending.essence = self._essence()
            ending.problems = list(self._problems())
        return ending

    def _story(self) -> Iterator[Step]:
        salon = self.salon
        yield Step(salon.checks_in, self._is_filled, "the store is filled from WordPress")
        yield Step(self._visits, self._holds_all, "every event is held")
        yield Step(self._bob_says_no, self._is_told_of_bob, "WordPress knows of Bob's wish")
        yield Step(
            self._wait_for("abandon"), self._are_all_gone, "whoever is silent has abandoned"
        )
        yield Step(self._wait_for("recover"), self._has_none_open, "the messages are out")
        yield Step(self._anna_books, self._is_registered, "Anna's booking is registered")
        yield Step(self._wait_for("close"), self._are_all_over, "every session has ended")

    def _visits(self) -> None:
        starts = utc(self._clock.now() + timedelta(days=3))
        for session, email in (("anna", ANNA), ("bob", BOB), ("clara", CLARA), ("dora", None)):
            page = f"{self.salon.home_url}/book/"
            tell = self.salon.keeps if session == "clara" else self.salon.notes
            tell("session.started", session, page_url=page)
            chosen = {"service": {"id": 9, "name": "Haircut"}, "starts_at": starts}
            self.salon.notes("session.step_reached", session, step="time", selection=chosen)
            if email:
                self.salon.notes("session.contact_given", session, contact={"email": email})

    def _bob_says_no(self) -> None:
        wait_until(self._has_stopped_bob, what="a desk that does what Bob wants")

    def _has_stopped_bob(self) -> bool:
        self._look_after()
        try:
            answer = requests.post(
                f"{self._web}/api/v1/sites/salon/contacts",
                json={"op": "opt_out", "email": BOB},
                auth=("desk", PASSWORDS["desk"]),
                headers={"X-Requested-With": "booking-recovery"},
                timeout=10,
            )
        except requests.RequestException:
            return False
        return answer.ok

    def _anna_books(self) -> None:
        booking = {
            "key": "pay1",
            "created_at": utc(self._clock.now()),
            "appointments": [
                {
                    "id": 7,
                    "starts_at": utc(self._clock.now() + timedelta(days=3)),
                    "status": "approved",
                }
            ],
            "total": {"amount": "45.00", "currency": "EUR"},
        }
        self.salon.notes("session.started", "anna-2", page_url=f"{self.salon.home_url}/book/")
        self.salon.notes("session.returned", "anna-2", token=self.salon.tokens["anna.1"])
        self.salon.notes("booking.created", "anna-2", booking=booking, contact={"email": ANNA})
        self.salon.notes("booking.confirmed", "anna-2", booking=booking, contact={"email": ANNA})

    def _wait_for(self, kind: str) -> Callable[[], None]:
        """Let time pass until the last entry of a kind is due."""

        def wait() -> None:
            scores = [score for entry, score in self._due_entries() if entry.kind == kind]
            if scores:
                self._clock.show(moment(max(scores) + 1))

        return wait

    def _is_filled(self) -> bool:
        record = self.sidecar.store.begin("salon").record()
        told = self.sidecar.notes.read("salon").status is not None
        first = DueEntry("outbox", "salon", "at-start")
        return record.refilled and told and self.sidecar.due.due_at(first) is None

    def _holds_all(self) -> bool:
        cursor = self.sidecar.store.begin("salon").record().cursor
        return cursor is not None and cursor.ack == len(self.salon.outbox)

    def _is_told_of_bob(self) -> bool:
        told = ("opt_out", BOB) in self.salon.wishes
        return told and not any(entry.kind == "contact" for entry, _ in self._due_entries())

    def _are_all_gone(self) -> bool:
        return all(s.state is not State.ACTIVE and s.recoveries for s in self._sessions())

    def _has_none_open(self) -> bool:
        return not any(r.is_open for s in self._sessions() for r in s.recoveries)

    def _is_registered(self) -> bool:
        [anna] = [session for session in self._sessions() if session.id == "anna"]
        return anna.conversion is not None and anna.conversion.is_registered and self._holds_all()

    def _are_all_over(self) -> bool:
        return not any(session.is_open for session in self._sessions())

    # Time, and who lives in it.

    def _reach(self, step: Step) -> None:
        step.act()
        self._jumped = timedelta(0)
        for _ in range(_JUMPS):
            wait_until(self._rests, what=f"rest, on the way to: {step.what}")
            self._failures = max(self._failures, self.sidecar.notes.read("salon").failures)
            try:
                if step.goal():
                    self._held_up[step.what] = self._jumped
                    return
                self._let_time_pass()
            except RedisError:
                continue  # it dies in the middle of a look, too
        raise StuckError(f"not reached after {self._jumped}: {step.what}")

    def _let_time_pass(self) -> None:
        """Go on to when the next thing is due."""
        found = self._due_entries()
        if not found:
            raise StuckError("nothing is due any more")
        until, now = moment(min(score for _, score in found) + 1), self._clock.now()
        if until > now:
            self._jumped += until - now
            self._clock.show(until)

    def _rests(self) -> bool:
        """Tell whether nobody has anything to do at the moment, at two looks."""
        return self._is_idle() and self._is_idle()

    def _is_idle(self) -> bool:
        self._look_after()
        if not self.salon.deliver(self._site):
            return False
        try:
            redis = self.sidecar.redis
            waits = (
                self.sidecar.due.backlog()[0]
                or queue(redis).count
                or redis.scard(keys.CHANGED_RECOVERIES)
                or not waiting(redis)
            )
        except RedisError:
            return False
        return not waits and self._crew_waits()

    def _look_after(self) -> None:
        """Start again what has ended, as whoever looks after the processes does."""
        if not self._redis.running:
            self._redis.kill()
            self._redis.start()
        for role, process in self._crew.items():
            if not process.is_alive():
                process.join()
                self._crew[role] = roles.start(role, self._place, self._redis.pid, None)

    def _crew_waits(self) -> bool:
        last = {one.role: one for one in self._trace.read() if one.when != MADE}
        clock, worker = last.get("clock"), last.get("worker")
        return (
            clock is not None
            and clock.when == IDLE
            and worker is not None
            and (worker.when, worker.point) == ("before", DEQUEUE)
        )

    def _due_entries(self) -> list[tuple[DueEntry, float]]:
        rows = cast(
            "list[tuple[bytes, float]]",
            self.sidecar.redis.zrange(keys.DUE, 0, -1, withscores=True),
        )
        return [(DueEntry.parse(member.decode()), score) for member, score in rows]

    # What is checked in the end.

    def _sessions(self) -> list[Session]:
        return self.sidecar.store.latest_sessions("salon", limit=100)

    def _essence(self) -> dict[str, Any]:
        return {
            **{session.id: _essence_of(session) for session in self._sessions()},
            "sent": dict(self.salon.sent),
            "conversions": {
                name: (one["booking_key"], one["status"], one["appointment_ids"])
                for name, one in self.salon.conversions.items()
            },
            "recoveries": self._counted("recoveries"),
        }

    def _counted(self, name: str) -> dict[str, int]:
        found = self.sidecar.counts.read().items()
        return {labels[-1]: n for labels, n in found if labels[0] == name}

    def _problems(self) -> Iterator[str]:
        """Yield what is wrong whatever went before."""
        for recovery in self.salon.asked_again:
            yield f"{recovery} was triggered twice"
        taken_in = self._counted("events").get("applied", 0)
        if taken_in != len(self.salon.outbox):
            yield f"{taken_in} events counted of {len(self.salon.outbox)}"
        failed = sum(
            route in ("status", "outbox", "suppressions") for route, _ in self.salon.hung_up
        )
        if self._failures > failed:
            yield f"{self._failures} failures counted of {failed}"
        for (name, *labels), count in self.sidecar.counts.read().items():
            if (
                name == "callbacks"
                and labels[0] == "salon"
                and count > self.salon.asked[labels[1]]
            ):
                yield f"{count} calls counted to {labels[1]} of {self.salon.asked[labels[1]]}"
        deeds = self.sidecar.deeds.latest("salon", 100)
        if any(deeds.count(deed) > 1 for deed in deeds):
            yield "a deed is counted twice"
        wrong = self.sidecar.tallies.recount("salon")
        if wrong:
            yield f"the counts were wrong: {wrong}"
        if any(status not in (503,) for status in self.salon.refusals):
            yield f"webhooks were answered {self.salon.refusals}"
        entries = {entry for entry, _ in self._due_entries()}
        yield from chain.from_iterable(self._unexplained(one, entries) for one in self._sessions())
        registry = ScheduledJobRegistry(queue=queue(self.sidecar.redis))  # type: ignore[no-untyped-call]  # RQ leaves it untyped
        delayed = len(registry.get_job_ids())
        if delayed != sum(entry.kind == "recover" for entry in entries):
            yield f"RQ shows {delayed} delayed jobs"

    def _unexplained(self, session: Session, entries: set[DueEntry]) -> Iterator[str]:
        for kind, item in due(session, self._site.policy):
            name = item if kind != "recover" else f"{session.id}.{item}"
            if DueEntry(kind, "salon", name) not in entries:
                yield f"{session.id} waits for {kind}, and nothing is due"
        told = Counter(entry.what for entry in session.timeline)
        for what in (What.ABANDONED, What.LOST, What.CONVERTED):
            if told[what] > 1:
                yield f"{session.id} was {what} {told[what]} times"
        if not session.is_open and not told.keys() & {What.LOST, What.BOOKED, What.CONVERTED}:
            yield f"{session.id} is {session.state}, and its timeline does not say why"
        if told[What.RECOVERY_ENDED] + told[What.RECOVERY_SKIPPED] != len(session.recoveries):
            yield f"the recoveries of {session.id} ended more or less than once"


def _essence_of(session: Session) -> dict[str, Any]:
    conversion = session.conversion
    return {
        "state": str(session.state),
        "step": session.step,
        "contact": session.contact,
        "recoveries": [(r.number, str(r.outcome), r.reason) for r in session.recoveries],
        "bookings": [booking.snapshot.key for booking in session.bookings],
        "conversion": conversion
        and (conversion.booking_key, str(conversion.attributed_by), str(conversion.status)),
        "timeline": sorted(
            {str(e.what) for e in session.timeline if e.what is not What.RECOVERY_WAITS}
        ),
    }


def run(library: Path, fault: Fault | None) -> Ending:
    with private_directory() as folder, Run(folder, library, fault) as story:
        try:
            return story.tell()
        except AssertionError as gave_up:
            log = (folder / "log").read_text()[-3000:]
            return Ending(trace=Trace(folder / "trace").read(), problems=[f"{gave_up}\n{log}"])


def main(words: list[str]) -> None:
    with private_directory() as folder:
        library = clocks.built(folder)
        roles.prepare(library)
        fault = None
        if words:
            role, kind, point, passing, *exchange = words
            fault = Fault(
                role, Kind(kind), point, int(passing), int(exchange[0]) if exchange else 1
            )
        ending = run(library, fault)
    for passed in [] if fault else ending.trace:
        print(*passed)  # noqa: T201  # a program of its own
    print(ending.essence, ending.problems, ending.held_up, ending.was_made, sep="\n")  # noqa: T201  # as well


if __name__ == "__main__":
    main(sys.argv[1:])
