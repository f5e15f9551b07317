"""Events arrived: take each in once, and answer what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sidecar.commit import decided
from sidecar.config import Site, policy_for
from sidecar.domain.abandonment import policy_of
from sidecar.domain.attribution import settle
from sidecar.domain.errors import WrongRequest
from sidecar.domain.events import (
    BookingEvent,
    ContactForgotten,
    ContactOptedOut,
    Event,
    SessionEvent,
    SessionReturned,
    SettingsSaved,
    SiteCheckedIn,
)
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Reason, split_recovery_id
from sidecar.domain.session import OFFSITE, Click, Session, absorb, begin, begin_offsite, hear
from sidecar.domain.site import SiteRecord, same_address, same_origin
from sidecar.domain.suppression import Suppression
from sidecar.group import related
from sidecar.payloads import Envelope, Misfit, parse_event
from sidecar.people import FORGET, known_of, stop, tell
from sidecar.ports import (
    Quarantined,
    Store,
    Work,
)

READ_OUTBOX = "outbox"
READ_STATUS = "status"
"""Kinds of due entries that belong to a site as a whole."""

SETTLE = "settle"
"""The kind of due entry of a session whose bookings or clicks have consequences to be drawn."""

AT_ONCE = datetime.fromtimestamp(0, UTC)
"""Due whatever the clocks of the machines say."""


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


def receive(
    store: Store, site: Site, envelope: Envelope, now: datetime, *, limit: int | None = None
) -> Receipt:
    """Take in a batch in one commit; raises WrongOrigin, and then nothing is stored.

    So it is with TooManyMessages, where this is one more within a minute than the `limit`.

    Only facts are taken in here. What follows from a booking or a click is drawn by the clock
    a moment later, from all facts that are there then: so their order does not matter.
    """

    def take_in(work: Work) -> Receipt:
        if limit is not None:
            work.limit(limit)
        return _Batch(work, site, envelope, now).take()

    sessions, tokens = _named(envelope.events)
    return decided(store, site.id, take_in, sessions=sessions, tokens=tokens)


def admit(store: Store, site: Site, *, limit: int) -> None:
    """Count a message that brings nothing to store; raises TooManyMessages."""
    decided(store, site.id, lambda work: work.limit(limit))


def replay(store: Store, site: Site, now: datetime, *, only: str | None = None) -> tuple[int, int]:
    """Take in what was quarantined and makes sense by now: after an update, or a mended setting.

    `only` is the id of the one that is meant. Returns how many events were taken in, and how
    many of those that were meant are still in quarantine.
    """
    taken = kept = 0
    for quarantined in _meant(store, site, only):
        if _replay(store, site, quarantined, now):
            taken += 1
        else:
            kept += 1
    return taken, kept


def _replay(store: Store, site: Site, quarantined: Quarantined, now: datetime) -> bool:
    def take_in(work: Work) -> bool:
        record = work.record()
        envelope = Envelope(
            site=site.id,
            home_url=record.check_in.home_url if record.check_in else site.url,
            outbox_id=record.cursor.outbox_id if record.cursor else "",
            events=(quarantined.event,),
        )
        if _Batch(work, site, envelope, now).replay(quarantined.at) is not None:
            return False
        work.drop_quarantined(quarantined.key)
        return True

    sessions, tokens = _named([quarantined.event])
    return decided(store, site.id, take_in, sessions=sessions, tokens=tokens)


def drop_quarantined(store: Store, site: Site, only: str) -> bool:
    """Drop one event for good, by its id; tells whether it was there."""
    found = _meant(store, site, only)

    def drop(work: Work) -> None:
        for quarantined in found:
            work.drop_quarantined(quarantined.key)

    decided(store, site.id, drop)
    return bool(found)


def _meant(store: Store, site: Site, only: str | None) -> list[Quarantined]:
    return [one for one in store.quarantined(site.id) if only in (None, one.id)]


def settle_session(store: Store, site: Site, session_id: str, now: datetime) -> None:
    """Draw the consequences of bookings and clicks for everyone who belongs to a session."""

    def draw(work: Work) -> None:
        policy = policy_for(site, work.record().settings)
        session = work.session(session_id)
        group = related(work, session) if session else {}
        for settled in settle(group, policy, now).values():
            if settled != group[settled.id]:
                work.put_session(settled, policy)
        work.put_due(SETTLE, session_id, None)

    decided(store, site.id, draw, sessions=[session_id])


def confirm_pairing(store: Store, site: Site) -> None:
    """Forget the address that the site is pinned to: the next check-in pins the one it names."""
    change_record(store, site, lambda record: replace(record, check_in=None, refilled=False))


def pause(store: Store, site: Site, *, paused: bool) -> None:
    """Hold back a site's messages, or let them go out again."""
    change_record(store, site, lambda record: replace(record, paused=paused))


def note_skew(store: Store, site: Site, ahead: float) -> None:
    """Keep by how many seconds the site's clock is ahead of ours."""
    change_record(store, site, lambda record: replace(record, skew=ahead))


def change_record(store: Store, site: Site, change: Callable[[SiteRecord], SiteRecord]) -> None:
    decided(store, site.id, lambda work: work.put_record(change(work.record())))


def _named(events: Sequence[object]) -> tuple[set[str], set[str]]:
    """The sessions and tokens that raw events name, to be read ahead; they may be anything."""
    sessions, tokens = set(), set()
    for event in events:
        if not isinstance(event, dict):
            continue
        session_id, data = event.get("session_id"), event.get("data")
        token = data.get("token") if isinstance(data, dict) else None
        if isinstance(session_id, str) and session_id.isascii():
            sessions.add(session_id[:64])
        if isinstance(token, str) and token.isascii():
            tokens.add(token[:128])
    return sessions, tokens


class _Batch:
    """The events of one envelope on their way into one commit."""

    def __init__(self, work: Work, site: Site, envelope: Envelope, now: datetime) -> None:
        self._to_settle: set[str] = set()
        self._work = work
        self._site = site
        self._raw: Sequence[object] = envelope.events
        self._home_url = envelope.home_url
        self._now = now
        self._record = work.record()
        self._cursor = self._record.cursor_for(envelope.outbox_id)
        self._is_new_outbox = self._cursor is not self._record.cursor

    def take(self) -> Receipt:
        self._check_origin()
        results = tuple(self._take_one(index, raw) for index, raw in enumerate(self._raw))
        for result in results:
            self._work.count("events", result.status)
        self._finish()
        return Receipt(results=results, ack_seq=self._cursor.ack)

    def replay(self, received_at: datetime) -> Misfit | None:
        """Take in an event again that is held already, as of when it was received."""
        try:
            event = parse_event(
                self._raw[0],
                home_url=self._home_url,
                received_at=received_at,
                skew=self._record.skew,
            )
        except Misfit as misfit:
            return misfit
        refusal = self._apply(event)
        if refusal is None:
            self._finish()
        return refusal

    def _finish(self) -> None:
        for session_id in self._to_settle:
            self._work.put_due(SETTLE, session_id, AT_ONCE)
        self._put_record()

    @property
    def _policy(self) -> Policy:
        return policy_for(self._site, self._record.settings)

    def _check_origin(self) -> None:
        paired_with = self._record.check_in.home_url if self._record.check_in else self._site.url
        if paired_with and not same_address(paired_with, self._home_url):
            raise WrongOrigin(f"this site is paired with {paired_with}")

    def _take_one(self, index: int, raw: object) -> Result:
        try:
            event = parse_event(
                raw, home_url=self._home_url, received_at=self._now, skew=self._record.skew
            )
        except Misfit as misfit:
            return self._done(index, misfit.seq, misfit)
        if self._cursor.holds(event.seq):
            return Result(index=index, seq=event.seq, status=Status.DUPLICATE)
        return self._done(index, event.seq, self._apply(event))

    def _done(self, index: int, seq: int | None, misfit: Misfit | None) -> Result:
        if seq is not None:
            if self._cursor.holds(seq):
                return Result(index=index, seq=seq, status=Status.DUPLICATE)
            self._cursor = self._cursor.add(seq)
        if misfit is None:
            return Result(index=index, seq=seq, status=Status.APPLIED)
        self._work.quarantine(self._raw[index], misfit.reasons, self._now)
        return Result(index=index, seq=seq, status=Status.QUARANTINED, errors=misfit.reasons)

    def _apply(self, event: Event) -> Misfit | None:
        match event:
            case SiteCheckedIn():
                return self._check_in(event)
            case SettingsSaved():
                self._save_settings(event)
            case ContactOptedOut() | ContactForgotten():
                return self._suppress(event)
            case BookingEvent():
                self._hear_booking(event)
            case SessionEvent():
                self._hear(event.session_id, event)
                if isinstance(event, SessionReturned):
                    self._join(event)
        return None

    def _hear(self, session_id: str, event: SessionEvent | BookingEvent) -> None:
        session = self._work.session(session_id) or self._begin(session_id, event.at)
        self._put(hear(session, event))

    def _begin(self, session_id: str, at: datetime) -> Session:
        zone = self._site.timezone or self._record.timezone
        return begin(self._site.id, session_id, at, zone=zone)

    def _put(self, session: Session) -> None:
        self._work.put_session(session, policy_of(session, self._policy))

    def _hear_booking(self, event: BookingEvent) -> None:
        """Take a booking in where it was made; later news of it may not say where that was."""
        key = event.booking.key
        home = self._work.session_of_booking(key)
        kept_offsite = home is not None and home.startswith(OFFSITE)
        if home is None and self._was_dropped(event):
            event = replace(event, session_id=None)
        session_id = event.session_id or home or OFFSITE + key
        if session_id.startswith(OFFSITE) and home is None:
            self._put(begin_offsite(self._site.id, key, event.at, tenant_id=event.tenant_id))
        if kept_offsite and event.session_id is not None:
            self._move_in(str(home), event)
        self._work.put_booking(key, session_id)
        self._hear(session_id, event)
        self._to_settle.add(session_id)

    def _was_dropped(self, event: BookingEvent) -> bool:
        """Tell whether a booking was made in a visit of which nothing is kept any more.

        It is held, and is no second visit to be counted.
        """
        if event.session_id is None or self._work.session(event.session_id) is not None:
            return False
        return event.booking.created_at + self._policy.retention <= self._now

    def _move_in(self, offsite_id: str, event: BookingEvent) -> None:
        """A booking taken for one without a form turns out to have been made in a session."""
        offsite = self._work.session(offsite_id)
        if offsite is None or event.session_id is None:
            return
        session = self._work.session(event.session_id) or self._begin(event.session_id, event.at)
        self._put(absorb(session, offsite))
        self._work.drop_session(offsite)

    def _join(self, event: SessionReturned) -> None:
        """Tie the session of now to the one whose recovery's link was followed."""
        recovery = self._work.recovery_of(event.token)
        session = self._work.session(event.session_id)
        if recovery is None or session is None:
            return  # expired, or never ours: the timeline has the return all the same
        clicks = {*session.clicks, Click(recovery_id=recovery, at=event.at)}
        ordered = tuple(sorted(clicks, key=lambda c: (c.at, c.recovery_id)))
        self._put(replace(session, clicks=ordered))
        self._to_settle.add(session.id)
        messaged = self._work.session(split_recovery_id(recovery)[0])
        if messaged is not None and messaged.id != session.id:
            self._tie(session.id, messaged.id)

    def _tie(self, one: str, other: str) -> None:
        for session_id, joined in ((one, other), (other, one)):
            session = self._work.session(session_id)
            if session is not None:
                self._put(replace(session, joined=tuple(sorted({*session.joined, joined}))))

    def _save_settings(self, event: SettingsSaved) -> None:
        if event.revision > self._record.settings_revision:
            self._record = replace(
                self._record, settings=event.settings, settings_revision=event.revision
            )

    def _suppress(self, event: ContactOptedOut | ContactForgotten) -> Misfit | None:
        given = [identifier for identifier in (event.email, event.phone) if identifier]
        persons = [self._work.person(identifier) for identifier in given]
        reason, via = Reason.FORGOTTEN, "admin"
        if isinstance(event, ContactOptedOut):
            reason, via = Reason.OPTED_OUT, event.via
            meant = self._work.person_of_token(event.token) if event.token else None
            if event.token and meant is None:
                return Misfit(["token: Not a token that was made here."], event.seq)
            persons += [meant] if meant else []
        suppression = Suppression(reason=reason, at=event.at, via=via)
        known = known_of(self._work, persons, given)
        stop(self._work, self._policy, known, suppression)
        if isinstance(event, ContactForgotten):
            # The bridge may hold more of this person, by an address or a number that it did not name.
            tell(self._work, FORGET, known, event.at)
        return None

    def _check_in(self, event: SiteCheckedIn) -> Misfit | None:
        misfit = self._refuse_address(event)
        if misfit is not None:
            return misfit
        known = self._record.check_in
        if known is None or event.seq > known.seq or self._is_new_outbox:
            self._record = replace(self._record, check_in=event)
        # The answer to a check-in is a callback: it closes the round trip the owner waits for.
        self._work.put_due(READ_STATUS, self._site.id, AT_ONCE)
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
