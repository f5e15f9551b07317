"""Events arrived: take each in once, and answer what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sidecar.config import Site
from sidecar.domain.attribution import settle
from sidecar.domain.errors import WrongRequest
from sidecar.domain.events import BookingEvent, Event, SessionReturned, SiteCheckedIn
from sidecar.domain.outbox import Cursor, next_reading
from sidecar.domain.recovery import split_recovery_id
from sidecar.domain.session import Click, Session, begin, hear
from sidecar.domain.site import CheckIn, SiteRecord, same_address, same_origin
from sidecar.payloads import Envelope, Misfit, parse_event
from sidecar.ports import BookingSite, OutboxPage, Store, Work

READ_OUTBOX = "outbox"
READ_STATUS = "status"
"""Kinds of due entries that belong to a site as a whole."""

PAGE = 100
"""Events asked for in one reading of an outbox."""

GROUP_AT_MOST = 20
"""Sessions joined with one another that are looked at together."""


_SHORTLY = timedelta(seconds=1)
"""Before an outbox with a hole is read: what is missing may just be on its way."""


class WrongOrigin(WrongRequest):
    """The sender is another WordPress than the one that this site is paired with."""


class Status(StrEnum):
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    index: int
    seq: int | None
    status: Status
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    results: tuple[Result, ...]
    ack_seq: int


def receive(store: Store, site: Site, envelope: Envelope, now: datetime) -> Receipt:
    """Take in a batch in one commit; raises WrongOrigin, and then nothing is stored."""
    parsed = [_parse(raw, envelope.home_url, now) for raw in envelope.events]
    sessions = {e.session_id for e in parsed if not isinstance(e, Misfit | SiteCheckedIn)}
    tokens = [event.token for event in parsed if isinstance(event, SessionReturned)]
    while True:
        work = store.begin(site.id, sessions=filter(None, sessions), tokens=tokens)
        receipt = _Batch(work, site, envelope, now).take(parsed)
        if work.commit():
            return receipt
        # Somebody else changed what was read here: decide again on what is there now.


def read_outbox(store: Store, booking_site: BookingSite, site: Site, now: datetime) -> None:
    """Read what the site's outbox holds beyond the cursor, through the same door as webhooks.

    Raises what BookingSite.read_outbox raises.
    """
    record = store.begin(site.id).record()
    outbox_id = record.cursor.outbox_id if record.cursor else None
    after = record.cursor.ack if record.cursor else 0
    while True:
        page = booking_site.read_outbox(outbox_id, after, PAGE)
        if outbox_id not in (None, page.outbox_id):
            after = 0  # another outbox: its numbers have nothing to do with those we hold
        elif page.events:
            read_from, after = after, _take_page(store, site, page, after, now)
            if after <= read_from:
                break  # nothing in the page had a number to go on from
        outbox_id, finished = page.outbox_id, outbox_id == page.outbox_id and not page.has_more
        if finished or not page.events:
            break
    _note_reading(store, site, page.outbox_id, after, now)


def _take_page(store: Store, site: Site, page: OutboxPage, after: int, now: datetime) -> int:
    """Take in one page and return the highest number in it."""
    envelope = Envelope(
        site=site.id, home_url=page.home_url, outbox_id=page.outbox_id, events=page.events
    )
    receipt = receive(store, site, envelope, now)
    return max((result.seq for result in receipt.results if result.seq), default=after)


def _note_reading(store: Store, site: Site, outbox_id: str, last: int, now: datetime) -> None:
    while True:
        work = store.begin(site.id)
        record = work.record()
        cursor = _cursor_of(record, outbox_id).read_beyond(last, now)
        work.put_record(replace(record, cursor=cursor))
        pushes = record.check_in is not None and record.check_in.delivery == "push"
        pause = next_reading(
            cursor, pushes=pushes, has_open_sessions=store.has_open_sessions(site.id)
        )
        work.put_due(READ_OUTBOX, site.id, now + pause)
        if work.commit():
            return


def _parse(raw: object, home_url: str, now: datetime) -> Event | Misfit:
    try:
        return parse_event(raw, home_url=home_url, received_at=now)
    except Misfit as misfit:
        return misfit


def _cursor_of(record: SiteRecord, outbox_id: str) -> Cursor:
    if record.cursor is not None and record.cursor.outbox_id == outbox_id:
        return record.cursor
    return Cursor(outbox_id)


class _Batch:
    """The events of one envelope on their way into one commit."""

    def __init__(self, work: Work, site: Site, envelope: Envelope, now: datetime) -> None:
        self._work = work
        self._site = site
        self._raw: Sequence[object] = envelope.events
        self._home_url = envelope.home_url
        self._now = now
        self._record = work.record()
        self._cursor = _cursor_of(self._record, envelope.outbox_id)
        self._is_new_outbox = self._cursor is not self._record.cursor
        self._sessions: dict[str, Session] = {}
        self._to_settle: set[str] = set()

    def take(self, events: Sequence[Event | Misfit]) -> Receipt:
        self._check_origin()
        results = tuple(self._take_one(index, event) for index, event in enumerate(events))
        self._settle()
        for session in self._sessions.values():
            self._work.put_session(session, self._site.policy)
        self._put_record()
        return Receipt(results=results, ack_seq=self._cursor.ack)

    def _check_origin(self) -> None:
        paired_with = self._record.check_in.home_url if self._record.check_in else self._site.url
        if paired_with and not same_address(paired_with, self._home_url):
            raise WrongOrigin(f"this site is paired with {paired_with}")

    def _take_one(self, index: int, event: Event | Misfit) -> Result:
        if event.seq is not None and self._cursor.holds(event.seq):
            return Result(index=index, seq=event.seq, status=Status.DUPLICATE)
        misfit = event if isinstance(event, Misfit) else self._apply(event)
        if event.seq is not None:
            self._cursor = self._cursor.add(event.seq)
        if misfit is None:
            return Result(index=index, seq=event.seq, status=Status.APPLIED)
        self._work.quarantine(self._raw[index], misfit.reasons, self._now)
        return Result(index=index, seq=event.seq, status=Status.QUARANTINED, errors=misfit.reasons)

    def _apply(self, event: Event) -> Misfit | None:
        if isinstance(event, SiteCheckedIn):
            return self._check_in(event)
        if event.session_id is None:
            return None  # booked without the form: no visitor's session hangs on it
        session = self._session(event.session_id) or begin(
            self._site.id, event.session_id, event.at
        )
        self._sessions[session.id] = hear(session, event)
        if isinstance(event, SessionReturned):
            self._join(event)
        if isinstance(event, BookingEvent):
            self._to_settle.add(session.id)
        return None

    def _session(self, session_id: str) -> Session | None:
        return self._sessions.get(session_id) or self._work.session(session_id)

    def _join(self, event: SessionReturned) -> None:
        """Tie the session of now to the one whose recovery's link was followed."""
        recovery = self._work.recovery_of(event.token)
        if recovery is None:
            return  # expired, or never ours: the timeline has the return all the same
        session = self._sessions[event.session_id]
        clicks = (*session.clicks, Click(recovery_id=recovery, at=event.at))
        ordered = tuple(sorted(set(clicks), key=lambda c: (c.at, c.recovery_id)))
        self._sessions[session.id] = replace(session, clicks=ordered)
        self._to_settle.add(session.id)
        messaged = self._session(split_recovery_id(recovery)[0])
        if messaged is not None and messaged.id != session.id:
            self._tie(session.id, messaged)

    def _tie(self, session_id: str, messaged: Session) -> None:
        session = self._sessions[session_id]
        self._sessions[session_id] = replace(
            session, joined=tuple(sorted({*session.joined, messaged.id}))
        )
        self._sessions[messaged.id] = replace(
            messaged, joined=tuple(sorted({*messaged.joined, session_id}))
        )

    def _settle(self) -> None:
        for session_id in sorted(self._to_settle):
            group = self._group(session_id)
            for settled in settle(group, self._site.policy, self._now).values():
                if settled != group[settled.id]:
                    self._sessions[settled.id] = settled

    def _group(self, session_id: str) -> dict[str, Session]:
        group: dict[str, Session] = {}
        waiting = [session_id]
        while waiting and len(group) < GROUP_AT_MOST:
            session = self._session(waiting.pop(0))
            if session is not None and session.id not in group:
                group[session.id] = session
                waiting.extend(session.joined)
        return group

    def _check_in(self, event: SiteCheckedIn) -> Misfit | None:
        misfit = self._refuse_address(event)
        if misfit is not None:
            return misfit
        known = self._record.check_in
        if known is None or event.seq > known.seq or self._is_new_outbox:
            self._record = replace(self._record, check_in=_checked_in(event))
        # The answer to a check-in is a callback: it closes the round trip the owner waits for.
        self._work.put_due(READ_STATUS, self._site.id, self._now)
        self._work.put_due(READ_OUTBOX, self._site.id, self._now + _SHORTLY)
        return None

    def _refuse_address(self, event: SiteCheckedIn) -> Misfit | None:
        if not same_address(event.home_url, self._home_url):
            return Misfit(["home_url: Not the home_url of the message's origin."], event.seq)
        allowed = bool(self._site.url) and same_origin(self._site.url, event.rest_url)
        if not event.rest_url.startswith("https://") and not allowed:
            reason = "rest_url: Plain http is used only where the sidecar's configuration names the site's url."
            return Misfit([reason], event.seq)
        return None

    def _put_record(self) -> None:
        had_hole = self._record.cursor is not None and self._record.cursor.has_hole
        self._work.put_record(replace(self._record, cursor=self._cursor, last_event_at=self._now))
        if self._cursor.has_hole and not had_hole:
            self._work.put_due(READ_OUTBOX, self._site.id, self._now + _SHORTLY)


def _checked_in(event: SiteCheckedIn) -> CheckIn:
    return CheckIn(
        seq=event.seq,
        at=event.at,
        home_url=event.home_url,
        rest_url=event.rest_url,
        timezone=event.timezone,
        delivery=event.delivery,
        bridge_version=event.bridge_version,
        wordpress_version=event.wordpress_version,
        php_version=event.php_version,
        booknetic_version=event.booknetic_version,
    )
