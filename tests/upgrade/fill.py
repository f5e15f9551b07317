"""Fills a Redis by the sidecar at hand and keeps what lies there: `python -m tests.upgrade.fill FOLDER`.

Run it in a checkout of a release: what it keeps shows the next ones what that release wrote.
"""

import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from redis import Redis
from rq.serializers import JSONSerializer

from sidecar import people
from sidecar.adapters.rq_jobs import OurJob, queue
from sidecar.config import parse
from sidecar.wiring import Sidecar, assemble
from sidecar.worker import jobs
from sidecar.worker.clock import Clock
from sidecar.worker.run import Worker
from tests.assembled import Bridge, utc
from tests.ground.processes import private_directory
from tests.ground.redis import started
from tests.listening import Call, Listener, Reply, listening

OURS = "booking-recovery:{0}:"
_READ = {
    b"string": lambda redis, name: redis.get(name),
    b"hash": lambda redis, name: redis.hgetall(name),
    b"set": lambda redis, name: redis.smembers(name),
    b"zset": lambda redis, name: redis.zrange(name, 0, -1, withscores=True),
}

CONFIG = f"""\
[keys]
contact = ["{base64.b64encode(b"c" * 32).decode()}"]
cookie = ["{"k" * 32}"]
lookup = "{base64.b64encode(b"l" * 32).decode()}"
[recovery]
abandon_after = "1m"
messages = ["1m", "2h"]
[[sites]]
id = "salon"
webhook_secret = "whsec_{base64.b64encode(b"w" * 32).decode()}"
callback_secret = "whsec_{base64.b64encode(b"b" * 32).decode()}"
url = "http://127.0.0.1:9"
"""


def main(folder: Path) -> None:
    with private_directory() as place, started(place) as url, listening() as wordpress:
        text = CONFIG.replace("http://127.0.0.1:9", wordpress.url) + f'[redis]\nurl = "{url}"\n'
        sidecar = assemble(parse(text, path=place / "config.toml"))
        jobs.work_for(sidecar)
        fill(sidecar, wordpress)
        kept = {
            "made_at": sidecar.due.now().isoformat(),
            "store": kept_of(sidecar.redis),
        }
    # The address that WordPress had is of no use any more.
    written = json.dumps(kept, indent=1)
    (folder / "store.json").write_text(written + "\n")


def fill(sidecar: Sidecar, wordpress: Listener) -> None:
    """Have one of everything: each state, each kind of end, and what waits for people."""
    wordpress.answer = _answer
    clock, bridge = Clock(sidecar), Bridge(sidecar, home_url=wordpress.url)
    clock.start()
    bridge.send(bridge.check_in(wordpress.url))
    _work(sidecar, clock)

    _visit(bridge, "contacted", 10)
    _visit(bridge, "failed", 10)
    _visit(bridge, "recovered", 10)
    _visit(bridge, "opted-out", 10)
    bridge.send(bridge.event("contact.opted_out", None, email="opted-out@example.com", via="link"))
    _work(sidecar, clock)

    bridge.send(_booked(bridge, "recovered"))
    bridge.send(bridge.event("session.unheard_of", "odd"))
    _visit(bridge, "abandoned", 10)
    clock.tick()
    _work(sidecar, clock)
    wordpress.answer = lambda _: Reply(status=503)
    salon = sidecar.config.sites["salon"]
    people.opt_out(
        sidecar.store,
        salon,
        email="by-phone@example.com",
        phone=None,
        via="admin",
        now=sidecar.due.now(),
    )
    jobs.read_status("salon", "salon")
    _work(sidecar, clock)
    _visit(bridge, "waiting", 1.5)
    for _ in range(2):  # silent long enough, and not yet taken by a worker
        clock.tick()
    bridge.send(_booked(bridge, "booked", key="pay2", appointment=8))
    bridge.send(bridge.event("session.started", "active", page_url=f"{wordpress.url}/book/"))


def _answer(call: Call) -> Reply:
    if call.route == "recoveries":
        outcome = "failed" if call.body["session_id"] == "failed" else "sent"
        return Reply(body={"recovery_id": call.body["recovery_id"], "outcome": outcome})
    answers: dict[str, dict[str, Any]] = {
        "outbox": {"events": [], "last_seq": 0, "has_more": False},
        "suppressions": {"entries": [], "has_more": False},
        "status": {
            "settings": {"cap_per_30_days": 5},
            "revision": 3,
            "booknetic_ready": True,
            "workflows": 1,
        },
        "conversions": {"outcome": "registered"},
    }
    return Reply(body=answers.get(call.route, {}))


def _visit(bridge: Bridge, session: str, minutes_ago: float) -> None:
    at = {"occurred_at": utc(datetime.now(UTC) - timedelta(minutes=minutes_ago))}
    contact = {"email": f"{session}@example.com", "first_name": session.title()}
    selection = {"service": {"id": 3, "name": "Haircut"}, "date": "2030-01-02", "time": "10:00"}
    answer = bridge.send(
        bridge.event("session.started", session, page_url=f"{bridge.home_url}/book/") | at,
        bridge.event("session.step_reached", session, step="information", selection=selection)
        | at,
        bridge.event("session.contact_given", session, contact=contact) | at,
    )
    assert answer.status_code == 202, answer.text


def _booked(
    bridge: Bridge, session: str, *, key: str = "pay1", appointment: int = 7
) -> dict[str, Any]:
    now = datetime.now(UTC)
    starts = utc(now + timedelta(days=30))
    booking = {
        "key": key,
        "created_at": utc(now),
        "appointments": [{"id": appointment, "starts_at": starts, "status": "approved"}],
        "total": {"amount": "45.00", "currency": "EUR"},
    }
    return bridge.event("booking.confirmed", session, booking=booking)


def _work(sidecar: Sidecar, clock: Clock) -> None:
    """Let clock and workers take turns until nothing is due."""
    for _ in range(4):
        clock.tick()
        worker = Worker(
            [queue(sidecar.redis)],
            connection=sidecar.redis,
            serializer=JSONSerializer,
            job_class=OurJob,
        )
        worker.work(burst=True, with_scheduler=False, logging_level=None)


def kept_of(redis: "Redis") -> dict[str, tuple[str, int, Any]]:
    """Return every key of ours: its type, how long it has to live (ms, -1 for ever), its value."""
    kept = {}
    for name in sorted(cast("list[bytes]", list(redis.scan_iter(f"{OURS}*")))):
        kind = cast("bytes", redis.type(name))
        value = _plain(_READ[kind](redis, name))
        kept[name.decode()] = (kind.decode(), redis.pttl(name), value)
    return kept


def put_back(redis: "Redis", kept: dict[str, Any]) -> None:
    for name, (kind, left, value) in kept.items():
        _put(redis, name, kind, value)
        if left > 0:
            redis.pexpire(name, left)


def _put(redis: "Redis", name: str, kind: str, value: Any) -> None:
    if kind == "string":
        redis.set(name, _raw(value))
    elif kind == "hash":
        redis.hset(name, mapping={_raw(field): _raw(of) for field, of in value})
    elif kind == "set":
        redis.sadd(name, *map(_raw, value))
    else:
        redis.zadd(name, {_raw(member): score for member, score in value})


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return value
    pairs = value.items() if isinstance(value, dict) else value
    return sorted(
        [_plain(one) for one in pair] if isinstance(pair, tuple) else _plain(pair)
        for pair in pairs
    )


def _raw(text: str) -> bytes:
    return base64.b64decode(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
