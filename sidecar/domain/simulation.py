"""What would have been sent under other settings: facts are replayed, decisions made anew.

What happened is taken from the timelines, what follows from the same functions that decide
when it counts. Two things are taken as they ended, since timelines do not hold them: what the
visitor chose, and who the visitor is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from sidecar.domain.abandonment import Due, abandon, close, due
from sidecar.domain.attribution import had_elsewhere, settle
from sidecar.domain.decision import Answer, Send, Surroundings, act, conclude, decide
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Reason
from sidecar.domain.session import FINAL, Entry, Session, State, What, begin
from sidecar.domain.suppression import Suppression

_SEEN = frozenset(
    {What.STARTED, What.STEP_REACHED, What.CONTACT_GIVEN, What.RETURNED, What.BOOKING_CREATED}
)


_DECIDED = frozenset({Due.ABANDON, Due.RECOVER, Due.CLOSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What would have become of one message: `reason` says why it would not have gone out.

    `at` is when it would have gone out or been skipped; None while it would still wait.
    """

    session_id: str
    number: int
    at: datetime | None
    reason: str | None = None


def simulate(
    group: Iterable[Session],
    policy: Policy,
    zone: tzinfo,
    until: datetime,
    *,
    suppression: Suppression | None = None,
) -> list[Simulated]:
    """Replay the sessions of one person, with all that is known of them, up to a moment."""
    replay = _Replay(group, replace(policy, dry_run=False), zone, suppression)
    replay.run(until)
    return list(replay.told())


class _Replay:
    def __init__(
        self,
        group: Iterable[Session],
        policy: Policy,
        zone: tzinfo,
        suppression: Suppression | None,
    ) -> None:
        self._real = {session.id: session for session in group}
        self._policy = policy
        self._zone = zone
        self._suppression = suppression
        self._facts = sorted(
            (
                (entry.at, entry.seq, session.id, entry)
                for session in self._real.values()
                for entry in session.timeline
                if entry.seq
            ),
            key=lambda fact: fact[:3],
        )
        self._now: dict[str, Session] = {}
        self._ended: dict[tuple[str, int], datetime] = {}

    def run(self, until: datetime) -> None:
        for at, _, session_id, entry in self._facts:
            self._let_time_pass(min(at, until))
            if at > until:
                break
            self._happen(session_id, entry)
        self._let_time_pass(until)

    def told(self) -> Iterator[Simulated]:
        for session in self._now.values():
            for recovery in session.recoveries:
                went = recovery.outcome is Outcome.SENT
                yield Simulated(
                    session_id=session.id,
                    number=recovery.number,
                    at=self._ended.get((session.id, recovery.number)),
                    reason=None if went or recovery.is_open else recovery.reason,
                )

    def _happen(self, session_id: str, entry: Entry) -> None:
        """Let the simulated session know what the real one knew by then."""
        real = self._real[session_id]
        session = self._now.get(session_id) or self._begun(real, entry.at)
        known = tuple(b for b in real.bookings if b.snapshot.created_at <= entry.at)
        bookings = tuple(
            replace(b, confirmed_at=b.confirmed_at if _by(b.confirmed_at, entry.at) else None)
            for b in known
        )
        session = replace(session, bookings=bookings)
        if entry.what is What.CONTACT_GIVEN or known:
            session = replace(session, contact=real.contact, consent=real.consent)
        if entry.what in _SEEN:
            session = _seen(session, entry.at)
        self._now[session_id] = session
        self._now = settle(self._now, self._policy, entry.at)
        self._note_ends(entry.at)

    def _begun(self, real: Session, at: datetime) -> Session:
        return replace(
            begin(real.site, real.id, at),
            offsite=real.offsite,
            state=State.BOOKED if real.offsite else State.ACTIVE,
            forgotten=real.forgotten,
            released=real.released,
            visit=real.visit,
            selection=real.selection,
            joined=real.joined,
        )

    def _let_time_pass(self, until: datetime) -> None:
        while True:
            awaited = [
                (at, session.id, kind, item)
                for session in self._now.values()
                for (kind, item), at in due(session, self._policy).items()
                if at <= until and kind in _DECIDED
            ]
            if not awaited:
                return
            at, session_id, kind, item = min(awaited)
            self._now[session_id] = self._follow(self._now[session_id], kind, item, at)
            self._note_ends(at)

    def _follow(self, session: Session, kind: Due, item: str, at: datetime) -> Session:
        if kind is Due.ABANDON:
            had = had_elsewhere(session, self._now)
            session = abandon(session, self._policy, at, zone=self._zone, had=had)
            return close(session, self._policy, at)
        if kind is Due.CLOSE:
            return close(session, self._policy, at)
        recovery = session.recovery(int(item))
        assert recovery is not None  # noqa: S101  # it is due
        around = Surroundings(group=self._now, zone=self._zone, suppressed=self._suppressed(at))
        decision = decide(session, recovery, self._policy, at, around)
        session = act(session, recovery, decision, at)
        if isinstance(decision, Send):
            handed = session.recovery(recovery.number)
            assert handed is not None  # noqa: S101  # it was just handed over
            session = conclude(session, handed, Answer(outcome=Outcome.SENT), at)
        return session

    def _note_ends(self, at: datetime) -> None:
        """Remember when each message ended; one that waits again has not."""
        for session in self._now.values():
            for recovery in session.recoveries:
                if recovery.is_open:
                    self._ended.pop((session.id, recovery.number), None)
                else:
                    self._ended.setdefault((session.id, recovery.number), at)

    def _suppressed(self, at: datetime) -> Reason | None:
        known = self._suppression
        return known.reason if known is not None and known.at <= at else None


def _by(moment: datetime | None, at: datetime) -> bool:
    return moment is not None and moment <= at


def _seen(session: Session, at: datetime) -> Session:
    session = replace(session, last_seen=max(session.last_seen, at))
    return session if session.state in FINAL else session.become(State.ACTIVE)
