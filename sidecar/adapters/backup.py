"""Everything that cannot be made anew, into one file, and from there into any Redis.

Kept are sessions, site records, opt-outs, requests, quarantine, notes, links,
counts and what staff did. What is
due, all lists and the report's counts follow from the sessions, and from what was counted of those
that are not kept any more, and are made anew from them; RQ's jobs the clock makes anew.

Each site is read at one moment, in one transaction: sites share nothing. That asks nothing of
Redis but reading, so that it works with a managed one too, which gives out no file of its own; and
values are kept as such, since what DUMP gives is read by the same Redis or a later one only.
The records, which say how far each outbox is held, are read before. So what happens meanwhile is
read from the outbox again after a restore, and what of it is known by then changes nothing.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

from redis import Redis
from redis.client import Pipeline

from sidecar import catch_up, people, track
from sidecar.adapters import redis_keys as keys
from sidecar.adapters import schema
from sidecar.adapters.backup_file import Backup, BadBackup, Head, Kept, Writer, written
from sidecar.adapters.redis_store import DueEntry, RedisStore
from sidecar.adapters.redis_tallies import Tallies
from sidecar.config import Config, ConfigError, policy_for
from sidecar.domain.abandonment import policy_of
from sidecar.domain.policy import Policy

KINDS = {
    "booking": "string",
    "deeds": "list",
    "link": "string",
    "notes": "hash",
    "past-tally": "hash",
    "quarantine": "zset",
    "request": "string",
    "services": "hash",
    "session": "string",
    "site": "string",
    "suppressed": "hash",
    "unreadable": "hash",
    "unreadable-since": "zset",
    "wishes": "hash",
}
"""What is kept of each site, and as what it lies in Redis."""

OF_ALL = (keys.COUNTS, keys.KEYS_USED)
"""The hashes of the whole sidecar that are kept."""

_UNSETTLED = "unsettled"
_AT_ONCE = 100

Told = Callable[[str], None]
"""Is told what is being done."""

T = TypeVar("T")


def back_up(path: Path, redis: "Redis", keys_text: str | None, now: datetime, told: Told) -> int:
    """Write a backup with these keys, or none; returns of how many sessions. Raises OSError."""
    schema.refuse_newer(redis)
    sessions = 0
    with written(path) as out:
        out.put(Head(made_at=now, schema=schema.VERSION, keys=keys_text))
        records = {site: redis.get(keys.site(site)) for site in _names(redis)}
        for name in OF_ALL:
            _put(out, Kept(name.encode(), "hash", redis.hgetall(name)))
        for site, names in _names(redis).items():
            told(f"{site}: {len(names)} values")
            for kept in _at_one_moment(redis, site, names):
                if kept.name == keys.site(site).encode():
                    _put(out, Kept(kept.name, kept.kind, records.get(site)))
                else:
                    _put(out, kept)
                    sessions += kept.kind != _UNSETTLED and _kind_of(kept.name) == "session"
    return sessions


def _put(out: Writer, kept: Kept) -> None:
    """Write what there is: a key may have ended since its name was read."""
    if kept.value:
        out.put(kept)


def _names(redis: "Redis") -> dict[str, list[bytes]]:
    """Return the names of what is kept, by site."""
    found: dict[str, list[bytes]] = {}
    for name in redis.scan_iter(f"{keys.PREFIX}*", count=1000):
        kind, _, rest = name.decode().removeprefix(keys.PREFIX).partition(":")
        if kind in KINDS:
            found.setdefault(rest.partition(":")[0], []).append(name)
    return found


def _kind_of(name: bytes) -> str:
    return name.decode().removeprefix(keys.PREFIX).partition(":")[0]


def _at_one_moment(redis: "Redis", site: str, names: list[bytes]) -> Iterator[Kept]:
    ids = [name.decode().rpartition(":")[2] for name in names if _kind_of(name) == "session"]
    entries = [DueEntry(track.SETTLE, site, session_id).member for session_id in ids]
    pipeline = redis.pipeline(transaction=True)
    pipeline.time()
    for name in names:
        _read(pipeline, name)
        pipeline.pttl(name)
    for entry in entries:
        pipeline.zscore(keys.DUE, entry)
    (seconds, _), *found = pipeline.execute()
    values, lives, scores = (
        found[: 2 * len(names) : 2],
        found[1 : 2 * len(names) : 2],
        found[2 * len(names) :],
    )
    for name, value, left in zip(names, values, lives, strict=True):
        ends_at = seconds * 1000 + left if left > 0 else 0
        yield Kept(name, KINDS[_kind_of(name)], value, ends_at)
    for entry, score in zip(entries, scores, strict=True):
        yield Kept(entry.encode(), _UNSETTLED, score is not None)


def _read(pipeline: "Pipeline", name: bytes) -> None:
    match KINDS[_kind_of(name)]:
        case "hash":
            pipeline.hgetall(name)
        case "list":
            pipeline.lrange(name, 0, -1)
        case "zset":
            pipeline.zrange(name, 0, -1, withscores=True)
        case _:
            pipeline.get(name)


def is_filled(redis: "Redis") -> bool:
    """Tell whether anything lies in Redis that a restore would mix with, or put an end to."""
    return not redis.exists(keys.RESTORING) and bool(_names(redis))


def refuse_half_restored(redis: "Redis") -> None:
    """Raise ConfigError where a restore was begun and not finished."""
    if redis.exists(keys.RESTORING):
        raise ConfigError(
            "a restore was not finished, so that not all data is there; run booking-recovery "
            "restore again"
        )


def put_back(backup: Backup, config: Config, redis: "Redis", store: RedisStore, told: Told) -> int:
    """Fill Redis from a backup, in place of what lies there; returns with how many sessions.

    Raises BadBackup where something else writes there meanwhile.

    Until it is done nothing starts. After it, nothing is sent before WordPress has told what
    happened since.
    """
    redis.set(keys.RESTORING, 1)
    told("removing what was there")
    there = redis.scan_iter(f"{keys.PREFIX}*", count=1000)
    for names in _batches(name for name in there if name != keys.RESTORING.encode()):
        redis.delete(*names)
    told("writing")
    ids: dict[str, list[str]] = {}
    for batch in _batches(backup.kept()):
        pipeline = redis.pipeline(transaction=False)
        for kept in batch:
            _write(pipeline, kept)
            kind, _, rest = kept.name.decode().removeprefix(keys.PREFIX).partition(":")
            if kind in ("session", "site", "request", "past-tally"):
                site, _, item = rest.partition(":")
                ids.setdefault(site, []).extend([item] if kind == "session" else [])
                if kind == "past-tally":
                    _, by, day = rest.split(":")
                    pipeline.sadd(keys.tally_days(site, by), day)
                if kind == "request":
                    due = DueEntry(people.CONTACT, site, item).member
                    pipeline.zadd(keys.DUE, {due: 0})
        pipeline.execute()
    schema.note_version(redis)
    for site, sessions in ids.items():
        _make_anew(site, sessions, config, store, told)
        Tallies(redis, store).recount(site)
    redis.delete(keys.RESTORING)
    return sum(map(len, ids.values()))


def _write(pipeline: "Pipeline", kept: Kept) -> None:
    match kept.kind:
        case "hash":
            pipeline.hset(kept.name, mapping=kept.value)
        case "list":
            pipeline.rpush(kept.name, *kept.value)
        case "zset":
            pipeline.zadd(kept.name, dict(kept.value))
        case "unsettled":
            pipeline.zadd(keys.DUE, {kept.name: 0})
        case _:
            pipeline.set(kept.name, kept.value)
    if kept.ends_at:
        pipeline.pexpireat(kept.name, kept.ends_at)


def _make_anew(
    site: str, sessions: list[str], config: Config, store: RedisStore, told: Told
) -> None:
    """Write what follows from the sessions: lists, and what is due."""
    configured = config.sites.get(site)
    if configured is not None:
        catch_up.doubt(store, configured)
    done = 0
    for batch in _batches(iter(sessions)):
        work = store.begin(site, sessions=batch)
        policy = policy_for(configured, work.record().settings) if configured else Policy()
        for session_id in batch:
            session = work.session(session_id)
            if session is not None:
                work.put_session(session, policy_of(session, policy))
        if not work.commit():
            raise BadBackup("something else writes into this Redis; stop it, and restore again")
        done += len(batch)
        told(f"{site}: {done} of {len(sessions)} visits")


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, _AT_ONCE)):
        yield batch
