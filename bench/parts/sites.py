"""P13: whether an event, or a recovery, costs more where there are many sites, or several processes."""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from bench import redis_usage
from bench.measuring import Runs, cpu_ms, in_turn
from bench.ours import HOME, sidecar
from bench.parts.ingest import FASTEST, SITES, from_all
from bench.processes import cpu_seconds, family
from bench.rows import Goal, Row
from bench.serving import load, production
from bench.visitors import Message, Outbox, answer
from sidecar.web import create_app
from sidecar.wiring import Sidecar
from sidecar.worker import jobs
from sidecar.worker.clock import Clock
from tests.assembled import work_off
from tests.listening import listening

COVERS = ("P13",)
MANY = 1000
EVENTS = 200
PROCESSES = (1, 2, 4)
SECONDS = 3
ROUNDS = 2
RECOVERIES = 80
"""Fewer than the clock takes at a time."""

AT_ONCE = """
abandon_after = "1m"
messages = ["1m"]
"""
GOAL = Goal("<=", 1.1)


def rows() -> Iterator[Row]:
    yield from _by_sites()
    yield from _recoveries()
    yield from _by_processes()


def _by_sites() -> Iterator[Row]:
    with sidecar() as one, sidecar(sites=MANY) as many:
        apps = {"one": create_app(one), "many": create_app(many)}
        outboxes = {
            name: [Outbox(site, HOME) for site in ours.config.sites.values()]
            for name, ours in (("one", one), ("many", many))
        }
        turn = iter(range(10**6))
        taken = in_turn(
            {
                "one": lambda: _cpu(apps["one"], from_all(outboxes["one"], EVENTS)),
                # Other sites in each run, so that each is met for the first time.
                "many": lambda: _cpu(
                    apps["many"], from_all(_some(outboxes["many"], next(turn)), EVENTS)
                ),
            }
        )
    yield _row(
        f"P13.sites.{MANY}",
        f"event with {MANY:,} sites; reference: with one",
        taken["many"],
        taken["one"],
    )


def _some(outboxes: list[Outbox], turn: int) -> list[Outbox]:
    size = EVENTS // 5
    first = turn * size % len(outboxes)
    return outboxes[first : first + size]


def _cpu(app: Any, messages: list[Message]) -> float:
    environs = iter([message.environ() for message in messages])
    return cpu_ms(lambda: answer(app, next(environs)), times=len(messages))


def _recoveries() -> Iterator[Row]:
    """Have the clock and a worker, both in this thread, do recoveries that are due at once."""
    with listening() as wordpress, ExitStack() as started:
        wired = {
            number: started.enter_context(
                sidecar(sites=number, home=wordpress.url, recovery=AT_ONCE)
            )
            for number in (1, MANY)
        }
        outboxes = {
            number: [Outbox(site, wordpress.url) for site in ours.config.sites.values()]
            for number, ours in wired.items()
        }
        commands: list[float] = []

        def done(number: int) -> float:
            ours, wordpress.calls[:] = wired[number], []
            _leave(ours, outboxes[number])
            before, redis_before = time.thread_time(), redis_usage.commands(ours.redis)
            _do_all(ours)
            taken = (time.thread_time() - before) * 1000 / RECOVERIES
            commands.append((redis_usage.commands(ours.redis) - redis_before) / RECOVERIES)
            assert wordpress.routes().count("recoveries") == RECOVERIES
            return taken

        taken = in_turn({"1": lambda: done(1), str(MANY): lambda: done(MANY)}, rounds=ROUNDS)
    yield _row(
        f"P13.recovery.sites.{MANY}",
        f"recovery with {MANY:,} sites, from abandonment to its end; reference: with one",
        taken[str(MANY)],
        taken["1"],
    )
    yield Row(
        id="P13.recovery.commands",
        name="Redis commands per recovery, from abandonment to its end",
        figure=Runs(tuple(commands)).median,
        unit="commands",
        spread=Runs(tuple(commands)).spread,
    )


def _leave(ours: Sidecar, outboxes: list[Outbox]) -> None:
    """Have visitors leave long enough ago for their message to be due."""
    app = create_app(ours)
    for number in range(RECOVERIES):
        outbox = outboxes[number % len(outboxes)]
        answer(app, outbox.message(outbox.visit(ago=timedelta(minutes=10))).environ())


def _do_all(ours: Sidecar) -> None:
    logging.getLogger("rq.worker").setLevel(logging.WARNING)  # as our workers do
    clock = Clock(ours)
    jobs.work_for(ours)
    for _ in range(4):  # abandoned, shown to RQ, promoted, done
        clock.tick()
        work_off(ours.redis)


def _by_processes() -> Iterator[Row]:
    with sidecar(sites=SITES) as ours, ExitStack() as started:
        outboxes = [Outbox(site, HOME) for site in ours.config.sites.values()]
        servers = {
            number: started.enter_context(production(ours.config.data_dir.parent, workers=number))
            for number in PROCESSES
        }

        def measured(number: int) -> float:
            process, url = servers[number]
            messages = from_all(outboxes, SECONDS * FASTEST)
            before = cpu_seconds(family(process.pid))
            done = load(url, messages, seconds=SECONDS)
            return (cpu_seconds(family(process.pid)) - before) * 1000 / done.answered

        taken = in_turn(
            {str(number): lambda number=number: measured(number) for number in PROCESSES},  # type: ignore[misc] # its default names it
            rounds=ROUNDS,
        )
    for number in PROCESSES[1:]:
        what = f"event with {number} web processes under load; reference: with one"
        yield _row(f"P13.processes.{number}", what, taken[str(number)], taken["1"])


def _row(row_id: str, what: str, figure: Runs, reference: Runs) -> Row:
    return Row(
        id=row_id,
        name=f"processor time per {what} ({os.cpu_count()} cores)",
        figure=figure.median,
        unit="ms",
        reference=reference.median,
        goal=GOAL,
        goal_figure=figure.median / reference.median,
        spread=figure.spread,
    )
