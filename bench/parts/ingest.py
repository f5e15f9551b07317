"""P1 and P2: a webhook's way through the process, and through the production server."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from os import cpu_count
from typing import Any, cast

from bench import bare, redis_usage
from bench.measuring import Runs, cpu_ms, in_turn
from bench.ours import HOME, sidecar
from bench.rows import Goal, Row
from bench.serving import Load, bare_gunicorn, load, production
from bench.visitors import EVENTS, Message, Outbox, answer, in_batches
from sidecar.adapters.redis_store import CONTACTS
from sidecar.domain.person import Contact
from sidecar.payloads import parse_envelope, parse_event
from sidecar.web import create_app
from sidecar.wiring import Sidecar
from tests.ground.processes import private_directory

COVERS = ("P1", "P2")
VISITS = 40
"""In each run; the same number by single events as in batches."""

BATCH = 50
SITES = 100
"""Those that the load comes from: a bridge sends one message at a time."""

SECONDS = 5
ROUNDS = 3
FASTEST = 2000
"""Messages a second that are prepared for the production server."""


def rows() -> Iterator[Row]:
    beside_the_route = yield from _in_process()
    yield from _under_load(beside_the_route)


def _in_process() -> Generator[Row, None, float]:
    """Return in the end what a webhook's parts take one after another, but the route, in ms."""
    with sidecar(sites=2) as ours:
        app = create_app(ours)
        outbox, other = (Outbox(site, HOME) for site in ours.config.sites.values())
        parts = _parts(ours, other)
        taken = in_turn(
            {
                "full": lambda: _taking_in(app, outbox.single(VISITS)),
                "batch": lambda: _taking_in(app, _batches(outbox)) / BATCH,
                **parts,
            }
        )
        commands = _commands(ours, app, outbox.single(VISITS))
        in_batch = _commands(ours, app, _batches(outbox)) / BATCH
    total = sum(taken[name].median for name in _PARTS)
    full, batch, sequence = taken["full"], taken["batch"], taken["sequence"]
    yield Row(
        id="P1.cpu",
        name="processor time of a webhook of one event; reference: the sum of its parts",
        figure=full.median,
        unit="ms",
        reference=total,
        goal=Goal("<=", 1.5),
        goal_figure=full.median / total,
        spread=full.spread,
        reason="each part is measured alone in a loop, from the processor's caches: were a webhook "
        "nothing but its parts, one after another as in P1.sequence, it would be "
        f"{sequence.median / total:.1f} times their sum",
    )
    yield Row(
        id="P1.sequence",
        name="of each event all its parts, one after another; reference: their sum, each alone",
        figure=sequence.median,
        unit="ms",
        reference=total,
        spread=sequence.spread,
    )
    for name in _PARTS:
        yield _part(name, taken[name], full)
    yield Row(id="P1.commands", name="Redis commands per event", figure=commands, unit="commands")
    yield Row(
        id="P2.cpu",
        name=f"processor time per event in batches of {BATCH}; reference: P1.cpu",
        figure=batch.median,
        unit="ms",
        reference=full.median,
        goal=Goal("<=", 0.35),
        goal_figure=batch.median / full.median,
        spread=batch.spread,
    )
    yield Row(
        id="P2.commands",
        name=f"Redis commands per event in batches of {BATCH}",
        figure=in_batch,
        unit="commands",
        reference=commands,
    )
    return sequence.median - taken["route"].median


def _part(name: str, taken: Runs, full: Runs) -> Row:
    return Row(
        id=f"P1.part.{name}",
        name=f"of these parts, {_PARTS[name]}; reference: P1.cpu",
        figure=taken.median,
        unit="ms",
        reference=full.median,
        spread=taken.spread,
    )


def _batches(outbox: Outbox) -> list[Message]:
    events = [event for _ in range(VISITS) for event in outbox.visit()]
    return [outbox.message(batch) for batch in in_batches(events, BATCH)]


def _taking_in(app: Any, messages: list[Message]) -> float:
    """Return the processor time of one message, in ms."""
    environs = iter([message.environ() for message in messages])
    return cpu_ms(lambda: answer(app, next(environs)), times=len(messages))


def _commands(ours: Sidecar, app: Any, messages: list[Message]) -> float:
    before = redis_usage.commands(ours.redis)
    for message in messages:
        answer(app, message.environ())
    return (redis_usage.commands(ours.redis) - before) / len(messages)


_PARTS = {
    "route": "a route that answers 204",
    "hmac": "one HMAC of its body, compared",
    "json": "its JSON",
    "schema": "what its schemas add to that",
    "seal": "the encryption of a contact",
    "redis": "reading and committing in two round trips",
}


def _parts(ours: Sidecar, outbox: Outbox) -> dict[str, Callable[[], float]]:
    """Return what measures each part alone, on the messages of one visit, and all in sequence."""
    messages = outbox.single(1)
    replayed = _Replayed.of(ours, outbox)
    secret = outbox.site.webhook_secrets[0]
    sealed = CONTACTS.encode(Contact(email="jo@example.com", first_name="Jo", last_name="Example"))
    now = datetime.now(UTC)

    def check(message: Message) -> None:
        headers, body = message.headers, message.body
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        given = base64.b64decode(headers["webhook-signature"].removeprefix("v1,"))
        assert hmac.compare_digest(hmac.new(secret, signed, hashlib.sha256).digest(), given)

    def read(message: Message) -> None:
        envelope = parse_envelope(message.body)
        parse_event(envelope.events[0], home_url=envelope.home_url, received_at=now)

    def each(do: Callable[[Message], object]) -> Callable[[], float]:
        def once() -> None:
            for message in messages:
                do(message)

        return lambda: cpu_ms(once, times=VISITS) / EVENTS

    def environs() -> Iterator[dict[str, Any]]:
        return iter([one.environ() for _ in range(VISITS) for one in messages])

    def route() -> float:
        asked = environs()
        work = lambda: answer(bare.app, next(asked), expected="204")  # noqa: E731 -- one use
        return cpu_ms(work, times=VISITS * EVENTS)

    def seal(_: Message) -> None:
        ours.vault.seal(sealed, bound_to="s0:somebody")

    def sequence() -> float:
        asked = environs()

        def once() -> None:
            for message, call in zip(messages, replayed.calls, strict=True):
                answer(bare.app, next(asked), expected="204")
                check(message)
                read(message)
                seal(message)
                replayed.send(call)

        return cpu_ms(once, times=VISITS) / EVENTS

    whole, json_alone = each(read), each(lambda message: json.loads(message.body))
    return {
        "route": route,
        "hmac": each(check),
        "json": json_alone,
        "schema": lambda: max(0.0, whole() - json_alone()),
        "seal": each(seal),
        "redis": lambda: cpu_ms(replayed.once, times=VISITS) / EVENTS,
        "sequence": sequence,
    }


@dataclass(frozen=True, slots=True)
class _Call:
    """The two round trips of one event: what was read, what was committed."""

    names: list[str]
    keys: list[str]
    arguments: list[Any]


class _Replayed:
    """The round trips of one visit, sent again as they were: the same commands, each time written."""

    def __init__(self, ours: Sidecar, calls: list[_Call]) -> None:
        self._redis = ours.redis
        self.calls = calls
        self._sha = ours.store._commit.sha  # noqa: SLF001 -- the script itself is what is measured

    @classmethod
    def of(cls, ours: Sidecar, outbox: Outbox) -> "_Replayed":
        app, store = create_app(ours), ours.store
        calls: list[_Call] = []
        commit = store._commit  # noqa: SLF001 -- nothing of ours notes it

        def noting(*, keys: list[str], args: list[Any]) -> object:
            calls.append(_Call(keys[2:], keys, args))
            return commit(keys=keys, args=args)

        store._commit = cast("Any", noting)  # noqa: SLF001
        try:
            for message in outbox.single(1):
                answer(app, message.environ())
        finally:
            store._commit = commit  # noqa: SLF001
        replayed = cls(ours, calls)
        for _ in range(2):
            replayed._expect_what_is_there()
        return replayed

    def _expect_what_is_there(self) -> None:
        """What each call writes has the same tag each time, so the next finds what it expects."""
        for call in self.calls:
            values = cast("list[bytes | None]", self._redis.mget(call.names))
            call.arguments[1 : 1 + len(values)] = [(value or b"")[:9] for value in values]
            self._redis.evalsha(self._sha, len(call.keys), *call.keys, *call.arguments)

    def once(self) -> None:
        for call in self.calls:
            self.send(call)

    def send(self, call: _Call) -> None:
        self._redis.mget(call.names)
        sent = [*call.keys, *call.arguments]
        assert self._redis.evalsha(self._sha, len(call.keys), *sent) == 1


def _under_load(beside_the_route: float) -> Iterator[Row]:
    with (
        private_directory() as folder,
        sidecar(sites=SITES) as ours,
        bare_gunicorn(folder, workers=ours.config.server.web_workers) as (_, bare_url),
        production(ours.config.data_dir.parent, workers=ours.config.server.web_workers) as (
            _,
            url,
        ),
    ):
        outboxes = [Outbox(site, HOME) for site in ours.config.sites.values()]
        alone = outboxes[0].single(1)
        loads: dict[str, list[Load]] = {"ours": [], "bare": []}
        for _ in range(ROUNDS):
            messages = from_all(outboxes, SECONDS * FASTEST)
            loads["ours"].append(load(url, messages, seconds=SECONDS))
            loads["bare"].append(load(bare_url, alone, seconds=SECONDS, wraps=True))
    throughput = _loaded(
        loads, "per_second", "P1.throughput", "requests a second", Goal(">=", 0.4)
    )
    yield replace(throughput, reason=_at_the_most(throughput, beside_the_route))
    yield _loaded(loads, "p50_ms", "P1.p50", "ms", None)
    yield _loaded(loads, "p99_ms", "P1.p99", "ms", Goal("<=", 4))


def _at_the_most(throughput: Row, beside_the_route: float) -> str | None:
    """Say how near a webhook could come that did nothing but its parts."""
    if not throughput.is_missed:
        return None
    assert throughput.reference
    bare = 1000 * (cpu_count() or 1) / throughput.reference
    limit = bare / (bare + beside_the_route)
    return (
        "all cores are busy, and a webhook has more to do than to answer: were it nothing but its "
        f"parts, as in P1.sequence, and Redis's work free, it would be {limit:.2f}"
    )


def from_all(outboxes: list[Outbox], at_least: int) -> list[Message]:
    """Return one message of each site, then the next of each, until there are enough."""
    visits = -(-at_least // (len(outboxes) * EVENTS))
    return [
        message
        for together in zip(*(outbox.single(visits) for outbox in outboxes), strict=True)
        for message in together
    ]


def _loaded(
    loads: dict[str, list[Load]], what: str, row_id: str, unit: str, goal: Goal | None
) -> Row:
    ours, least = (
        Runs(tuple(getattr(one, what) for one in loads[name])) for name in ("ours", "bare")
    )
    return Row(
        id=row_id,
        name=f"under the production server, 16 connections: {row_id.partition('.')[2]}; "
        "reference: a route that answers 204",
        figure=ours.median,
        unit=unit,
        reference=least.median,
        goal=goal,
        goal_figure=ours.median / least.median if goal else None,
        spread=ours.spread,
    )
