"""RQ as it comes, to compare with: its scheduler, and its workers with jobs that do nothing."""

import contextlib
import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import requests
from redis import Redis
from rq import Queue, SimpleWorker
from rq.registry import ScheduledJobRegistry, StartedJobRegistry
from rq.scheduler import RQScheduler
from rq.serializers import JSONSerializer

from tests.ground.waiting import wait_until

AT_ONCE = 1000  # jobs written in one pipeline


def nothing(site_id: str, item: str) -> None:
    """Do nothing: two arguments, as our jobs have."""


_http = requests.Session()


def call(url: str, recovery_id: str) -> None:
    """Do nothing but ask a site for what our jobs ask it for."""
    _http.post(url, json={"recovery_id": recovery_id}, timeout=60).raise_for_status()


def scheduled_within(redis_url: str, *, jobs: int) -> float:
    """Return the seconds that RQ's scheduler takes to queue jobs that are due at one moment."""
    redis = Redis.from_url(redis_url)
    queue = _queue(redis, "scheduled")
    due = datetime.now(UTC) - timedelta(seconds=1)
    registry = ScheduledJobRegistry(queue=queue)  # type: ignore[no-untyped-call]  # RQ leaves it untyped
    for begin in range(0, jobs, AT_ONCE):
        with redis.pipeline() as pipeline:
            for number in range(begin, begin + AT_ONCE):
                job = queue.create_job(nothing, ("s1", f"v{number}.1"), result_ttl=0)
                job.save(pipeline=pipeline)
                registry.schedule(job, due, pipeline=pipeline)
            pipeline.execute()
    with _process(_schedule, redis_url):
        began = time.monotonic()
        wait_until(lambda: queue.count == jobs, what="RQ's scheduler")
        return time.monotonic() - began


def done_per_second(redis_url: str, *, jobs: int, workers: int, urls: Sequence[str] = ()) -> float:
    """Return how many jobs as many of RQ's SimpleWorkers do.

    They do nothing; with `urls`, they call these in turn.
    """
    redis = Redis.from_url(redis_url)
    queue = _queue(redis, "nothing")
    started = StartedJobRegistry(queue=queue)
    do, first = (call, urls) if urls else (nothing, ("s1",))
    prepared = [
        Queue.prepare_data(do, (first[number % len(first)], f"v{number}.1"), result_ttl=0)
        for number in range(jobs)
    ]
    with contextlib.ExitStack() as processes:
        for _ in range(workers):
            processes.enter_context(_process(_work, redis_url))
        wait_until(lambda: SimpleWorker.count(queue=queue) == workers, what="RQ's workers")
        began = time.monotonic()
        for begin in range(0, jobs, AT_ONCE):
            queue.enqueue_many(prepared[begin : begin + AT_ONCE])
        wait_until(
            lambda: not queue.count and not started.get_job_count(cleanup=False),
            what="RQ's jobs",
        )
        return jobs / (time.monotonic() - began)


def _queue(redis: "Redis", name: str) -> Queue:
    return Queue(name, connection=redis, serializer=JSONSerializer)


@contextlib.contextmanager
def _process(run: Callable[[str], None], redis_url: str) -> Iterator[None]:
    process = multiprocessing.get_context("fork").Process(
        target=run, args=(redis_url,), daemon=True
    )
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def _schedule(redis_url: str) -> None:
    logging.disable()
    queue = _queue(Redis.from_url(redis_url), "scheduled")
    scheduler = RQScheduler([queue], connection=queue.connection, serializer=JSONSerializer)
    scheduler.acquire_locks()  # type: ignore[no-untyped-call]  # likewise
    scheduler.work()  # type: ignore[no-untyped-call]  # likewise


def _work(redis_url: str) -> None:
    logging.disable()
    queue = _queue(Redis.from_url(redis_url), "nothing")
    worker = SimpleWorker([queue], connection=queue.connection, serializer=JSONSerializer)
    worker.work(with_scheduler=False, logging_level="ERROR")
