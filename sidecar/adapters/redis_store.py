"""The store on Redis: what was read is compared and what is written is written in one script."""

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple, TypeVar, cast

from redis import Redis

from sidecar.adapters import redis_keys as keys
from sidecar.adapters import squeeze
from sidecar.adapters.counts import NOT_UNDERSTOOD, Counts, field
from sidecar.adapters.redis_lateness import noted
from sidecar.adapters.schema import VERSION, Packed, Unreadable, not_newer, version_of
from sidecar.adapters.scripts import script
from sidecar.adapters.vault import CannotOpen, Vault
from sidecar.domain.abandonment import OPEN_FOR, Due, due
from sidecar.domain.booking import Booking
from sidecar.domain.lateness import late_by
from sidecar.domain.person import Contact, normalise_email, normalise_phone, person_key
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import (
    ENDED_BADLY,
    Outcome,
    Reason,
    Recovery,
    recovery_id,
    split_recovery_id,
)
from sidecar.domain.session import ENDED, OFFSITE, OPEN, Session, State
from sidecar.domain.site import SiteRecord
from sidecar.domain.suppression import Suppression
from sidecar.domain.tally import change, tally
from sidecar.ports import ContactRequest, Quarantined, TooManyMessages
from sidecar.track import AT_ONCE, READ_OUTBOX

log = logging.getLogger(__name__)

TAG = 8
"""Random bytes behind the version of what is compared, new with every write: by them the commit
script sees a change."""

QUARANTINE_KEPT = 1000
KEPT_ASIDE = timedelta(days=14)
"""How long what made no sense is kept for a person to look at, at most."""

_SESSION_ID = re.compile(rb"[!-9;-~]{1,128}")
"""Whatever ids may be some day: a colon parts them in the due index."""

_OF_A_BRIDGE = re.compile("[0-9a-f]{32}")
_SHORT = b":"
_SHORT_BYTES = len(_SHORT) + 16

SESSIONS = Packed(tuple[Session, bytes], sample=squeeze.SESSION)
CONTACTS = Packed(Contact, sample=squeeze.CONTACT)
RECORDS = Packed(SiteRecord)
SUPPRESSIONS = Packed(Suppression)
REQUESTS = Packed(ContactRequest)


T = TypeVar("T")


def milliseconds(at: datetime) -> int:
    """Round up, so that nothing is due a moment before its time."""
    return -int(-at.timestamp() * 1000 // 1)


def moment(milliseconds_: float) -> datetime:
    return datetime.fromtimestamp(milliseconds_ / 1000, UTC)


class DueEntry(NamedTuple):
    """One thing to look at. `item` is a session's, a recovery's or the site's own id."""

    kind: str
    site: str
    item: str

    @property
    def member(self) -> str:
        return ":".join(self)

    @classmethod
    def parse(cls, member: str) -> "DueEntry":
        kind, site, item = member.split(":")
        return cls(kind, site, item)


class RedisStore:
    def __init__(self, redis: "Redis", vault: Vault) -> None:
        self._redis = redis
        self._vault = vault
        self._commit = redis.register_script(script("commit"))

    def begin(
        self, site: str, *, sessions: Iterable[str] = (), tokens: Iterable[str] = ()
    ) -> "RedisWork":
        work = RedisWork(self._redis, self._vault, self._commit, site)
        work.read_ahead(
            [
                keys.site(site),
                keys.messages(site),
                *(keys.session(site, session_id) for session_id in sessions),
                *(self._link(site, token) for token in tokens),
            ]
        )
        return work

    def has_open_sessions(self, site: str) -> bool:
        return bool(self._redis.exists(*_lists(site, OPEN)))

    def quarantined(self, site: str) -> list[Quarantined]:
        return self.begin(site).quarantined()

    def count_quarantined(self, site: str, *, since: datetime | None = None) -> int:
        return self._count_since(keys.quarantine(site), since)

    def drop_kept_too_long(self, site: str, retention: timedelta, now: datetime) -> None:
        before = milliseconds(now - min(KEPT_ASIDE, retention))
        self._redis.zremrangebyscore(keys.quarantine(site), "-inf", before)
        since = keys.unreadable_since(site)
        gone = cast("list[bytes]", self._redis.zrangebyscore(since, "-inf", before))
        if gone:
            self._redis.hdel(keys.unreadable(site), *cast("Any", gone))
            self._redis.zrem(since, *gone)

    def find_kept_too_long(self, site: str, retention: timedelta, now: datetime) -> None:
        before = milliseconds(now - retention)
        for name in _lists(site, ENDED):
            found = cast("list[bytes]", self._redis.zrangebyscore(name, "-inf", before))
            entries = [
                DueEntry(Due.ERASE, site, session_id.decode()).member for session_id in found
            ]
            for first in range(0, len(entries), _AT_ONCE):
                due_now = dict.fromkeys(entries[first : first + _AT_ONCE], milliseconds(now))
                self._redis.zadd(keys.DUE, cast("Any", due_now), nx=True)

    def services(self, site: str) -> dict[int, str]:
        """What the services are called that visitors have chosen, by their ids."""
        found = cast("dict[bytes, bytes]", self._redis.hgetall(keys.services(site)))
        return {int(number): name.decode() for number, name in found.items()}

    def count_sessions(self, site: str) -> int:
        pipeline = self._redis.pipeline(transaction=False)
        for name in _lists(site, State):
            pipeline.zcard(name)
        return sum(cast("list[int]", pipeline.execute()))

    def count_failures(self, site: str, *, since: datetime | None = None) -> int:
        """How many recoveries ended badly, of all or of those due since then."""
        return self._count_since(keys.failures(site), since)

    def _count_since(self, name: str, since: datetime | None) -> int:
        return self._redis.zcount(name, milliseconds(since) if since else "-inf", "+inf")

    def failures(self, site: str, at_most: int) -> list[tuple[Session, Recovery]]:
        """The recoveries that ended badly, the latest first."""
        found = cast("list[bytes]", self._redis.zrevrange(keys.failures(site), 0, at_most - 1))
        return self._recoveries(site, found)

    def tried_again(self, site: str, at_most: int) -> list[tuple[Session, Recovery]]:
        """The recoveries that WordPress did not answer for, and is asked about again."""
        found = cast("list[bytes]", self._redis.zrange(keys.waiting(site), 0, at_most - 1))
        return [(session, made) for session, made in self._recoveries(site, found) if made.tries]

    def _recoveries(self, site: str, ids: Iterable[bytes]) -> list[tuple[Session, Recovery]]:
        parts = [split_recovery_id(item.decode()) for item in ids]
        work = self.begin(site, sessions=[session_id for session_id, _ in parts])
        failed = []
        for session_id, number in parts:
            session = work.session(session_id)
            recovery = session.recovery(number) if session else None
            if session is not None and recovery is not None:
                failed.append((session, recovery))
        return failed

    def count_unreadable(self, site: str) -> int:
        """How many sessions and other records were set aside because they could not be read."""
        return self._redis.hlen(keys.unreadable(site))

    def latest_sessions(self, site: str, *, limit: int) -> list[Session]:
        ids = [session_id for session_id, _ in self.places(site, State, at_most=limit)]
        work = self.begin(site, sessions=ids)
        return [session for session_id in ids if (session := work.session(session_id))]

    def seen_since(self, site: str, since: datetime, at_most: int | None) -> list[str]:
        places = self.places(site, State, oldest=milliseconds(since), at_most=at_most)
        return [session_id for session_id, _ in places]

    def places(
        self,
        site: str,
        states: Iterable[State],
        *,
        newest: float | str = "+inf",
        oldest: float | str = "-inf",
        at_most: int | None,
    ) -> list[tuple[str, float]]:
        """Return the ids of sessions and when each was last seen (ms), the last seen first."""
        pipeline = self._redis.pipeline(transaction=False)
        for name in _lists(site, states):
            limit = -1 if at_most is None else at_most
            pipeline.zrevrangebyscore(name, newest, oldest, 0, limit, withscores=True)
        rows = cast("list[list[tuple[bytes, float]]]", pipeline.execute())
        found = sorted(chain.from_iterable(rows), key=lambda row: (row[1], row[0]), reverse=True)
        return [(session_id.decode(), seen) for session_id, seen in found[:at_most]]

    def sessions_of(
        self, site: str, *, email: str | None = None, phone: str | None = None
    ) -> list[Session]:
        """The sessions of a person, the latest first; none for what is no identifier."""
        identifier = normalise_email(email) if email else normalise_phone(phone or "")
        if identifier is None:
            return []
        work = self.begin(site)
        ids = work.sessions_of(work.person(identifier), _FOUND_AT_MOST)
        work = self.begin(site, sessions=ids)
        found = (work.session(session_id) for session_id in ids)
        return [session for session in found if session and not session.offsite]

    def session_of_appointment(self, site: str, appointment_id: int) -> str | None:
        """The session in which an appointment was booked."""
        name = keys.appointments(site, appointment_id)
        value = self._redis.hget(name, str(appointment_id))
        value = value or self._redis.get(keys.appointment(site, appointment_id))
        session_id = _in_full(cast("bytes | None", value))
        return None if session_id is None or session_id.startswith(OFFSITE) else session_id

    def _link(self, site: str, token: str) -> str:
        return keys.link(site, self._vault.hash_of_token(site, token))


_TOO_MANY = -1
"""What the commit script answers where this was one message too many."""


def _lists(site: str, states: Iterable[State]) -> list[str]:
    return [keys.sessions_in(site, state) for state in states]


_FOUND_AT_MOST = 200
"""Sessions of one person that a search shows."""


class RedisWork:
    """One decision; see `ports.Work`."""

    def __init__(self, redis: "Redis", vault: Vault, commit: Any, site: str) -> None:
        self._redis = redis
        self._vault = vault
        self._commit = commit
        self._site = site
        self._limit: int | None = None
        self._read: dict[str, bytes | None] = {}
        self._wrote: dict[str, bytes | None] = {}
        self._follows = False
        self._before: dict[str, Session | None] = {}
        self._sessions: dict[str, Session | None] = {}
        self._written: dict[str, Policy] = {}
        self._unreadable: set[str] = set()
        self._quarantined: list[Quarantined] = []
        self._record: SiteRecord | None = None
        self._commands: list[tuple[object, ...]] = []

    def read_ahead(self, names: Sequence[str]) -> None:
        values = cast("list[bytes | None]", self._redis.mget(names))
        self._read.update(zip(names, values, strict=True))

    def record(self) -> SiteRecord:
        if self._record is None:
            self._record = self._known_record() or SiteRecord(id=self._site)
        return self._record

    def _known_record(self) -> SiteRecord | None:
        name = keys.site(self._site)
        value = self._value(name)
        if value is None:
            return None
        try:
            return RECORDS.unpack(value, tag=TAG)
        except Unreadable:
            # What follows is the record of a new store: it is filled before anything is sent.
            self._put_aside("site:record", name, value)
            self.put_due(READ_OUTBOX, self._site, AT_ONCE)
            return None

    def put_record(self, record: SiteRecord) -> None:
        self._record = record
        self._put(keys.site(self._site), RECORDS, record)

    def session(self, session_id: str) -> Session | None:
        if session_id not in self._sessions:
            self._sessions[session_id] = self._stored(session_id)
        return self._sessions[session_id]

    def put_session(self, session: Session, policy: Policy) -> None:
        self._sessions[session.id] = session
        self._written[session.id] = policy

    def drop_session(self, session: Session) -> None:
        before = self._stored(session.id)
        self._keep_counts(before)
        self._sessions[session.id] = None
        self._written.pop(session.id, None)
        self._drop(keys.session(self._site, session.id))
        self.put_due(Due.ERASE, session.id, None)
        for name in _lists(self._site, State):
            self._do("ZREM", name, session.id)
        for person in self._persons(before or session) | self._persons(session):
            self._do("ZREM", keys.person(self._site, person), session.id)
        for recovery in session.recoveries:
            self._do("ZREM", keys.failures(self._site), recovery_id(session.id, recovery.number))
        for booking in session.bookings:
            self._drop_booking(booking.snapshot, session.id)

    def _drop_booking(self, booking: Booking, session_id: str) -> None:
        """Forget where a booking was made, unless that is known better by now."""
        if self.session_of_booking(booking.key) == session_id:
            self._do("DEL", keys.booking(self._site, booking.key))
            for appointment in booking.appointments:
                self._do("HDEL", keys.appointments(self._site, appointment.id), appointment.id)
                self._do("DEL", keys.appointment(self._site, appointment.id))

    def _keep_counts(self, before: Session | None) -> None:
        """Have what a session added to the counts survive it, and their being made anew."""
        counts = tally(before) if before else {}
        for count, n in counts.items():
            self._do("HINCRBY", keys.past_tally(self._site, count.by, count.day), count.what, n)
        if counts:
            self._do("INCR", keys.tally_revision(self._site))

    def session_of_booking(self, booking_key: str) -> str | None:
        name = keys.booking(self._site, booking_key)
        return self._text(f"booking:{booking_key}", name, _in_full)

    def put_booking(self, booking_key: str, session_id: str) -> None:
        name = keys.booking(self._site, booking_key)
        self._read[name] = _short(session_id)
        self._do("SET", name, _short(session_id))

    def recovery_of(self, token: str) -> str | None:
        name = self._link(token)
        return self._text(f"link:{_digest(name)}", name, _recovery_id)

    def put_link(self, recovery_id: str, expires_at: datetime) -> None:
        name = self._link(self._vault.resume_token(self._site, recovery_id))
        self._do("SET", name, recovery_id, "PXAT", milliseconds(expires_at))

    def drop_link(self, recovery_id: str) -> None:
        self._do("DEL", self._link(self._vault.resume_token(self._site, recovery_id)))

    def person(self, identifier: str) -> str:
        return self.person_of_key(person_key(identifier))

    def person_of_key(self, person_key: str) -> str:
        return self._vault.person(self._site, person_key)

    def person_of_token(self, opt_out_token: str) -> str | None:
        return self._vault.person_of_token(self._site, opt_out_token)

    def sessions_of(self, person: str, at_most: int | None = None) -> list[str]:
        last = -1 if at_most is None else at_most - 1
        found = self._redis.zrevrange(keys.person(self._site, person), 0, last)
        return [session_id.decode() for session_id in cast("list[bytes]", found)]

    def suppression(self, persons: Iterable[str]) -> Suppression | None:
        wanted = list(persons)
        if not wanted:
            return None
        values = cast("list[bytes | None]", self._redis.hmget(keys.suppressed(self._site), wanted))
        found = zip(wanted, values, strict=True)
        return next((self._suppression(person, value) for person, value in found if value), None)

    def _suppression(self, person: str, value: bytes) -> Suppression:
        try:
            return SUPPRESSIONS.unpack(value)
        except Unreadable:
            # Whoever once wanted no messages gets none, though nobody knows any more since when.
            kept = Suppression(reason=Reason.OPTED_OUT, at=AT_ONCE, via="a damaged record")
            self._keep_aside(f"suppression:{person}", value)
            self.suppress(person, kept)
            return kept

    def suppress(self, person: str, suppression: Suppression) -> None:
        self._do("HSET", keys.suppressed(self._site), person, SUPPRESSIONS.pack(suppression))

    def allow(self, person: str) -> None:
        self._do("HDEL", keys.suppressed(self._site), person)

    def put_request(self, request: ContactRequest, at: datetime) -> None:
        name = keys.request(self._site, request.id)
        self._do("SET", name, self._vault.seal(REQUESTS.pack(request), bound_to=name))
        self.put_due("contact", request.id, at)
        for person in map(self.person, request.identifiers):
            self._do("HSET", keys.wishes(self._site), person, request.id)

    def request_of(self, person: str) -> ContactRequest | None:
        latest = _id(cast("bytes | None", self._redis.hget(keys.wishes(self._site), person)))
        return self.request(latest) if latest else None

    def request(self, request_id: str) -> ContactRequest | None:
        name = keys.request(self._site, request_id)
        sealed = cast("bytes | None", self._redis.get(name))
        if sealed is None:
            return None
        try:
            return REQUESTS.unpack(self._vault.open(sealed, bound_to=name))
        except (CannotOpen, Unreadable):
            self._put_aside(f"request:{request_id}", name, sealed)
            return None

    def drop_request(self, request: ContactRequest) -> None:
        self._do("DEL", keys.request(self._site, request.id))
        self.put_due("contact", request.id, None)
        for person in map(self.person, request.identifiers):
            if self._redis.hget(keys.wishes(self._site), person) == request.id.encode():
                self._do("HDEL", keys.wishes(self._site), person)

    def put_due(self, kind: str, item: str, at: datetime | None) -> None:
        entry = DueEntry(kind, self._site, item).member
        lists = [(keys.DUE, entry)]
        if kind == Due.RECOVER:
            lists.append((keys.waiting(self._site), item))
        for name, member in lists:
            if at is None:
                self._do("ZREM", name, member)
            else:
                self._do("ZADD", name, milliseconds(at), member)

    def quarantine(self, event: object, reasons: Sequence[str], at: datetime) -> None:
        kept = {"event": event, "reasons": list(reasons), "at": at.isoformat(), "schema": VERSION}
        plain = json.dumps(kept)
        sealed = self._vault.seal(plain.encode(), bound_to=keys.quarantine(self._site))
        name = keys.quarantine(self._site)
        self._quarantined.append(
            Quarantined(key=sealed, event=event, reasons=tuple(reasons), at=at)
        )
        self._do("ZADD", name, milliseconds(at), sealed)
        self._do("ZREMRANGEBYSCORE", name, "-inf", milliseconds(at - KEPT_ASIDE))
        self._do("ZREMRANGEBYRANK", name, 0, -1 - QUARANTINE_KEPT)

    def count(self, name: str, label: str) -> None:
        """Count one more of what this decision did, once, when it is written."""
        self._do("HINCRBY", keys.COUNTS, field(name, self._site, label), 1)

    def drop_quarantined(self, key: bytes) -> None:
        self._do("ZREM", keys.quarantine(self._site), key)

    def quarantined(self) -> list[Quarantined]:
        name = keys.quarantine(self._site)
        stored = cast("list[bytes]", self._redis.zrange(name, 0, -1))
        found = [*map(self._opened, stored), *self._quarantined]
        return sorted(filter(None, found), key=lambda one: (one.at, one.seq or 0))

    def _opened(self, sealed: bytes) -> Quarantined | None:
        try:
            kept = json.loads(self._vault.open(sealed, bound_to=keys.quarantine(self._site)))
        except (CannotOpen, ValueError):
            return None  # damaged: it ends with its time
        not_newer(kept.get("schema", VERSION))
        return Quarantined(
            key=sealed,
            event=kept["event"],
            reasons=tuple(kept["reasons"]),
            at=datetime.fromisoformat(kept["at"]),
        )

    def forget_unreadable(self, person: str, session_id: str) -> None:
        self._do("HDEL", keys.unreadable(self._site), session_id)
        self._do("ZREM", keys.unreadable_since(self._site), session_id)
        if self.session(session_id) is None:
            self._do("ZREM", keys.person(self._site, person), session_id)

    def limit(self, messages: int) -> None:
        self._limit = messages
        sent = self._value(keys.messages(self._site))
        if sent is not None and sent.isdigit() and int(sent) >= messages:
            raise TooManyMessages  # before anything is decided that the commit would refuse

    def commit(self) -> bool:
        for session_id, policy in self._written.items():
            session = self._sessions[session_id]
            if session is not None:
                self._write_session(session, policy)
        compared = [name for name in self._read if name.startswith(self._compared())]
        arguments: list[object] = ["" if self._limit is None else self._limit]
        arguments += [(self._read[name] or b"")[: 1 + TAG] for name in compared]
        for command in self._commands:
            arguments += [len(command), *command]
        names = [keys.COUNTS, keys.messages(self._site), *compared]
        answer = self._commit(keys=names, args=arguments)
        if answer == _TOO_MANY:
            raise TooManyMessages
        return bool(answer)

    def following(self) -> "RedisWork":
        work = RedisWork(self._redis, self._vault, self._commit, self._site)
        work._follows = True
        known = {**self._read, **self._wrote}
        work._read = {name: known[name] for name in known if name.startswith(self._compared())}
        return work

    def _compared(self) -> tuple[str, ...]:
        """Of what was read, the values that carry a tag."""
        return (keys.site(self._site), keys.session(self._site, ""))

    def _link(self, token: str) -> str:
        return keys.link(self._site, self._vault.hash_of_token(self._site, token))

    def _value(self, name: str) -> bytes | None:
        if name not in self._read:
            self.read_ahead([name])
        return self._read[name]

    def _stored(self, session_id: str) -> Session | None:
        """Return a session as it was read, whatever was put since."""
        if session_id not in self._before:
            self._before[session_id] = self._unpacked(session_id)
        return self._before[session_id]

    def _unpacked(self, session_id: str) -> Session | None:
        value = self._value(keys.session(self._site, session_id))
        if value is None:
            return None
        try:
            return unpack_session(value, self._vault, self._site, session_id)
        except Unreadable:
            self._set_aside(session_id, value)
            return None

    def _text(
        self, what: str, name: str, read: Callable[[bytes | None], str | None]
    ) -> str | None:
        value = self._value(name)
        text = read(value)
        if text is None and value is not None:
            self._put_aside(what, name, value)
            self._read[name] = None
        return text

    def _put_aside(self, what: str, name: str, value: bytes) -> None:
        """Take what cannot be read away from where it would stop somebody."""
        self._keep_aside(what, value)
        self._drop(name)

    def _keep_aside(self, what: str, value: bytes) -> None:
        """Keep for a person what cannot be read."""
        log.error("what is stored cannot be read", extra={"site": self._site, "stored": what})
        seconds, _ = self._redis.time()
        self._do("HSET", keys.unreadable(self._site), what, value)
        self._do("ZADD", keys.unreadable_since(self._site), seconds * 1000, what)

    def _set_aside(self, session_id: str, value: bytes) -> None:
        if session_id in self._unreadable:
            return
        self._unreadable.add(session_id)
        self._put_aside(session_id, keys.session(self._site, session_id), value)
        for name in _lists(self._site, State):
            self._do("ZREM", name, session_id)

    def _put(self, name: str, kind: Packed[T], value: T) -> None:
        self._wrote[name] = packed = kind.pack(value, tag=os.urandom(TAG))
        self._do("SET", name, packed)

    def _drop(self, name: str) -> None:
        self._wrote[name] = None
        self._do("DEL", name)

    def _write_session(self, session: Session, policy: Policy) -> None:
        before = self._stored(session.id)
        packed = _sealed(session, self._vault)
        self._put(keys.session(self._site, session.id), SESSIONS, packed)
        self._index(before, session, policy)
        self._put_due_of(before, session, policy)

    def _index(self, before: Session | None, session: Session, policy: Policy) -> None:
        seen = milliseconds(session.last_seen)
        self._tally(before, session)
        if session.counts:
            self._list(before, session, seen)
            self._list_failures(session)
            self._count_ends(before, session)
            self._note_lateness(before, session)
            self._name_service(before, session)
        persons = self._persons(session)
        for person in self._persons(before) - persons if before else ():
            self._do("ZREM", keys.person(self._site, person), session.id)
        for person in persons:
            name = keys.person(self._site, person)
            self._do("ZADD", name, seen, session.id)
            self._do("EXPIRE", name, int((policy.retention + OPEN_FOR).total_seconds()))
        for booking in session.bookings:
            for appointment in booking.snapshot.appointments:
                name = keys.appointments(self._site, appointment.id)
                self._do("HSET", name, appointment.id, _short(session.id))
                self._do("EXPIRE", name, int(policy.retention.total_seconds()))

    def _list(self, before: Session | None, session: Session, seen: int) -> None:
        """Write the lists that sessions are looked up by."""
        others = set(State)
        if self._goes_on(before, session):
            others = {before.state} if before else set()
        for name in _lists(self._site, others - {session.state}):
            self._do("ZREM", name, session.id)
        self._do("ZADD", keys.sessions_in(self._site, session.state), seen, session.id)

    def _list_failures(self, session: Session) -> None:
        name = keys.failures(self._site)
        for recovery in session.recoveries:
            item = recovery_id(session.id, recovery.number)
            if recovery.outcome in ENDED_BADLY:
                self._do("ZADD", name, milliseconds(recovery.due_at), item)
            else:
                self._do("ZREM", name, item)

    def _name_service(self, before: Session | None, session: Session) -> None:
        chosen = session.selection.service
        known = before.selection.service if before else None
        if chosen is not None and chosen != known and chosen.id is not None and chosen.name:
            self._do("HSET", keys.services(self._site), chosen.id, chosen.name)

    def _tally(self, before: Session | None, after: Session | None) -> None:
        """Keep the report's counts in step: they are written with what they count."""
        changed = change(before, after)
        for count, by in changed.items():
            self._do("HINCRBY", keys.tally(self._site, count.by, count.day), count.what, by)
        for count_by, day in {(count.by, count.day) for count in changed}:
            self._do("SADD", keys.tally_days(self._site, count_by), day)
        if changed:
            self._do("INCR", keys.tally_revision(self._site))

    def _count_ends(self, before: Session | None, after: Session) -> None:
        for recovery in after.recoveries:
            known = before.recovery(recovery.number) if before else None
            if not recovery.is_open and (known is None or known.outcome is not recovery.outcome):
                self.count("recoveries", recovery.outcome)

    def _note_lateness(self, before: Session | None, after: Session) -> None:
        for recovery in after.recoveries:
            late = late_by(before.recovery(recovery.number) if before else None, recovery)
            if late is not None and recovery.handed_at is not None:
                for command in noted(self._site, late, recovery.handed_at):
                    self._do(*command)

    def _persons(self, session: Session) -> set[str]:
        return {self.person(identifier) for identifier in session.identifiers}

    def _put_due_of(self, before: Session | None, session: Session, policy: Policy) -> None:
        """Write when everything is due, though it was before: it may be lent out by now."""
        entries = due(session, policy)
        kinds = {Due.ABANDON, Due.CLOSE, Due.REGISTER, Due.ERASE}
        if self._goes_on(before, session):
            known = due(before, policy) if before else {}
            kinds &= {kind for kind, _ in known.keys() | entries.keys()}
        for kind in kinds:
            self.put_due(kind, session.id, entries.get((kind, session.id)))
        for recovery in session.recoveries:
            item = recovery_id(session.id, recovery.number)
            self.put_due(Due.RECOVER, item, entries.get((Due.RECOVER, str(recovery.number))))
            if recovery.outcome is not Outcome.HANDING_OVER:  # that one is with a worker
                entry = DueEntry(Due.RECOVER, self._site, item)
                self._do("SADD", keys.CHANGED_RECOVERIES, entry.member)

    def _goes_on(self, before: Session | None, session: Session) -> bool:
        """Tell whether what was stored with a session is not doubted.

        So it is where the visitor goes on, and where all of it was written a moment ago. Whatever
        else writes a session writes all that belongs to it, and so mends what was damaged.
        """
        return self._follows or before is None or before.heard != session.heard

    def _do(self, *command: object) -> None:
        self._commands.append(command)


def _id(value: bytes | None) -> str | None:
    """Return a stored session's id; None for what is none."""
    return value.decode() if value is not None and _SESSION_ID.fullmatch(value) else None


def _short(session_id: str) -> bytes:
    """Write an id as bridges make them in half its bytes, behind a sign that no id begins with."""
    if _OF_A_BRIDGE.fullmatch(session_id):
        return _SHORT + bytes.fromhex(session_id)
    return session_id.encode()


def _in_full(value: bytes | None) -> str | None:
    """Return the session's id that was written short or, as earlier versions did, in full."""
    if value is not None and value.startswith(_SHORT) and len(value) == _SHORT_BYTES:
        return value[1:].hex()
    return _id(value)


def _recovery_id(value: bytes | None) -> str | None:
    """Return a stored recovery's id; None for what is none."""
    session_id, _, number = (value or b"").rpartition(b".")
    return value.decode() if value and number.isdigit() and _id(session_id) else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _sealed(session: Session, vault: Vault) -> tuple[Session, bytes]:
    """Take a session apart, its contact sealed: what lies in Redis names nobody.

    Whose it is, and which, its key says.
    """
    sealed = b""
    if session.contact is not None:
        plain = CONTACTS.encode(session.contact)
        sealed = vault.seal(plain, bound_to=_owner(session.site, session.id))
    return replace(session, site="", id="", contact=None), sealed


def unpack_session(value: bytes, vault: Vault, site: str, session_id: str) -> Session:
    """Return a stored session. Raises Unreadable, and NewerData for one of a later version."""
    session, sealed = SESSIONS.unpack(value, tag=TAG)
    contact = None
    if sealed:
        try:
            plain = vault.open(sealed, bound_to=_owner(site, session_id))
        except CannotOpen as fault:
            raise Unreadable from fault
        contact = CONTACTS.decode(plain, version_of(value))
    return replace(session, site=site, id=session_id, contact=contact)


def _owner(site: str, session_id: str) -> str:
    return f"{site}:{session_id}"


_AT_ONCE = 1000
"""Entries of the due index that one look at all of them goes through at a time."""


class Claimed(NamedTuple):
    """What was lent out at a moment of Redis's clock.

    `changed` are recoveries whose due time changed since somebody last said `seen`. For `rest`
    nothing else is due, unless somebody puts it, which is not known for longer than the lease.
    """

    now: datetime
    due: list[DueEntry]
    changed: list[DueEntry]
    rest: timedelta


class DueIndex:
    """What is due, and when, as the clock takes it."""

    def __init__(self, redis: "Redis", counts: Counts) -> None:
        self._redis = redis
        self._counts = counts
        self._claim = redis.register_script(script("claim"))
        self._extend = redis.register_script(script("extend"))
        self._postpone = redis.register_script(script("postpone"))

    def now(self) -> datetime:
        """Redis's time: one clock for all machines, the one that due times are taken by."""
        seconds, microseconds = self._redis.time()
        return moment(seconds * 1000 + microseconds / 1000)

    def claim(self, at_most: int, lease: timedelta) -> Claimed:
        """Take entries that are due and lend them out; see what changed."""
        lease_ms = int(lease.total_seconds() * 1000)
        names = [keys.DUE, keys.CHANGED_RECOVERIES]
        now, due, changed, rest = self._claim(keys=names, args=[at_most, lease_ms])
        return Claimed(
            moment(float(now)),
            list(self._understood(keys.DUE, due, self._redis.zrem)),
            list(self._understood(keys.CHANGED_RECOVERIES, changed, self._redis.srem)),
            timedelta(milliseconds=rest),
        )

    def _understood(
        self, name: str, members: Iterable[bytes], drop: Callable[[str, bytes], object]
    ) -> Iterator[DueEntry]:
        """Pass over what is no entry, and remove it: nobody could ever do it."""
        for member in members:
            try:
                yield DueEntry.parse(member.decode())
            except ValueError:
                log.error("removed an entry that cannot be understood", extra={"from": name})
                drop(name, member)
                self._counts.add(NOT_UNDERSTOOD, "due")

    def extend(
        self,
        entries: Iterable[DueEntry],
        claimed_at: datetime,
        lease: timedelta,
        longer: timedelta,
    ) -> None:
        """Lend what was claimed for `lease` at `claimed_at` for `longer`, counted from then."""
        ends, shall_end = claimed_at + lease, claimed_at + longer
        members = [entry.member for entry in entries]
        if members:
            self._extend(keys=[keys.DUE], args=[_exact(ends), _exact(shall_end), *members])

    def postpone(self, entry: DueEntry, lent_until: datetime | None, at: datetime) -> None:
        """Have an entry be due then that is lent, unless somebody has had it be due sooner since."""
        if lent_until is not None:
            limits = [_exact(lent_until), milliseconds(at)]
            self._postpone(keys=[keys.DUE], args=[entry.member, *limits])

    def backlog(self) -> tuple[int, timedelta]:
        """Return how many entries are due and with nobody, and how long the oldest has been."""
        now = self.now()
        # What is due at once, whatever the time, has no age.
        oldest = self._redis.zrangebyscore(keys.DUE, "(0", "+inf", 0, 1, withscores=True)
        late = [now - moment(score) for _, score in cast("list[tuple[bytes, float]]", oldest)]
        overdue = self._redis.zcount(keys.DUE, "-inf", milliseconds(now))
        return overdue, max([timedelta(0), *late])

    def due_at(self, entry: DueEntry) -> datetime | None:
        return self.times([entry])[entry]

    def times(self, entries: Sequence[DueEntry]) -> dict[DueEntry, datetime | None]:
        """Return when each is due; None where it is not."""
        if not entries:
            return {}
        scores = self._redis.zmscore(keys.DUE, [entry.member for entry in entries])
        return {
            entry: None if score is None else moment(score)
            for entry, score in zip(entries, scores, strict=True)
        }

    def put(self, entries: Mapping[DueEntry, datetime]) -> None:
        if entries:
            scores = {entry.member: milliseconds(at) for entry, at in entries.items()}
            self._redis.zadd(keys.DUE, cast("Any", scores))

    def bring_forward(self, kind: str, site: str, by: timedelta | None, cursor: int) -> int:
        """Have some entries of a site be due earlier `by` so much, or now; return the next cursor.

        It is 0 at the end. What is brought forward by too much is looked at too early, which
        changes nothing but its due time.
        """
        now = milliseconds(self.now())
        following, found = self._redis.zscan(
            keys.DUE, cursor, match=f"{kind}:{site}:*", count=_AT_ONCE
        )
        at = {
            member: now if by is None else max(now, score - by.total_seconds() * 1000)
            for member, score in cast("list[tuple[bytes, float]]", found)
        }
        if at:
            self._redis.zadd(keys.DUE, cast("Any", at), xx=True, lt=True)
        return following

    def bring_to_now(self, entry: DueEntry) -> None:
        """Have an entry be due now; one that is not there any more has been done."""
        self._redis.zadd(keys.DUE, {entry.member: milliseconds(AT_ONCE)}, xx=True)

    def remove(self, entry: DueEntry) -> None:
        self._redis.zrem(keys.DUE, entry.member)

    def seen(self, entries: Sequence[DueEntry]) -> None:
        """Note that what changed was looked at."""
        if entries:
            self._redis.srem(keys.CHANGED_RECOVERIES, *(entry.member for entry in entries))


def _exact(at: datetime) -> int:
    return round(at.timestamp() * 1000)
