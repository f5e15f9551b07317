"""P6: recoveries of a hundred sites are due at one moment, and so are as many of RQ's own jobs."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bench import rq_alone, sites
from bench.fleet import Fleet, standing
from bench.measuring import in_turn
from bench.rows import Goal, Row
from sidecar.adapters import redis_keys as keys
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.rq_jobs import QUEUE
from sidecar.worker.clock import Clock
from tests.ground.processes import private_directory

COVERS = ("P6",)

SITES = 100
RECOVERIES = 10_000
DONE = 2_000
"""How many of them are carried out: to do all would take minutes."""


def rows() -> Iterator[Row]:
    with private_directory() as folder, sites.answering(folder) as address:
        urls = {f"s{number}": f"{address}/s{number}" for number in range(SITES)}
        with standing(urls) as fleet:
            url = fleet.server.url
            ours = in_turn({"clock": lambda: _promoted_within(fleet)}, rounds=2)["clock"]
            fleet.sidecar.redis.flushall()
            theirs = rq_alone.scheduled_within(url, jobs=RECOVERIES)
            fleet.sidecar.redis.flushall()
        promoted = (
            f"{RECOVERIES:,} recoveries of {SITES} sites due at one moment: until all are in line "
            "for a worker"
        )
        yield Row(
            id="P6.promoted",
            name=f"{promoted}; beside RQ's scheduler",
            figure=ours.median,
            unit="s",
            reference=theirs,
            goal=Goal("<=", 1),
            goal_figure=ours.median,
            spread=ours.spread,
        )
        yield Row(
            id="P6.faster",
            name=f"{RECOVERIES:,} jobs due at one moment: until all are queued by RQ's scheduler; "
            "beside ours",
            figure=theirs,
            unit="s",
            reference=ours.median,
            goal=Goal(">=", 10),
            goal_figure=theirs / ours.median,
        )
        yield from _done(urls)


def _done(urls: Mapping[str, str]) -> Iterator[Row]:
    commands: dict[str, float] = {}
    routes = [f"{url}/wp-json/booking-recovery/v1/recoveries" for url in urls.values()]

    def ours() -> float:
        with standing(urls) as fleet:
            before = _commands(fleet)
            done = _done_per_second(fleet)
            commands["ours"] = (_commands(fleet) - before) / DONE
            return done

    def of_rq(called: Sequence[str] = ()) -> float:
        with standing(urls) as fleet:
            before, workers = _commands(fleet), fleet.config.server.job_workers
            done = rq_alone.done_per_second(
                fleet.server.url, jobs=DONE, workers=workers, urls=called
            )
            commands["rq"] = (_commands(fleet) - before) / DONE
            return done

    taken = in_turn({"ours": ours, "rq": of_rq}, rounds=2)
    done, least = taken["ours"], taken["rq"]
    row = Row(
        id="P6.done",
        name=f"recoveries done by all workers, {DONE:,} of {SITES} sites that answer at once; "
        "beside as many workers of RQ's, with jobs that do nothing",
        figure=done.median,
        unit="/s",
        reference=least.median,
        goal=Goal(">=", 0.6),
        goal_figure=done.median / least.median,
        spread=done.spread,
    )
    yield replace(
        row, reason=_at_the_most(of_rq(routes) / least.median) if row.is_missed else None
    )
    yield Row(
        id="P6.commands",
        name="commands of Redis for a recovery, from its visit on; beside one of RQ's jobs",
        figure=commands["ours"],
        unit="",
        reference=commands["rq"],
    )


def _at_the_most(share: float) -> str:
    return (
        "each calls its site and is written down before and after; RQ's jobs that do nothing but the "
        f"call come to {share:.2f}"
    )


def _promoted_within(fleet: Fleet) -> float:
    redis = fleet.sidecar.redis
    redis.flushall()
    entries = [DueEntry("recover", f"s{n % SITES}", f"v{n}.1") for n in range(RECOVERIES)]
    fleet.sidecar.due.put(dict.fromkeys(entries, fleet.sidecar.due.now()))
    clock = Clock(fleet.sidecar)
    began = time.monotonic()
    while clock.tick():
        pass
    took = time.monotonic() - began
    lines = [redis.zcard(keys.calls_in_line(f"s{number}")) for number in range(SITES)]
    assert sum(lines) == RECOVERIES
    assert redis.llen(f"rq:queue:{QUEUE}") >= SITES
    return took


def _done_per_second(fleet: Fleet) -> float:
    visits = [(f"s{number % SITES}", f"v{number}") for number in range(DONE)]
    entries = [DueEntry("recover", site, f"{visit}.1") for site, visit in visits]
    now = fleet.sidecar.due.now()
    fleet.leave(dict.fromkeys(visits, now))
    fleet.sidecar.due.put(dict.fromkeys(entries, now + timedelta(hours=1)))
    with fleet.up("worker"):
        fleet.wait_for_rest()
        due = fleet.sidecar.due.now()
        fleet.sidecar.due.put(dict.fromkeys(entries, due))
        fleet.wait_for_sent(visits)
    last = max(fleet.recovery(*visit).sent_at or due for visit in visits)
    return DONE / (last - due).total_seconds()


def _commands(fleet: Fleet) -> int:
    return int(fleet.sidecar.redis.info("stats")["total_commands_processed"])
