"""RQ as the pool that runs calls to WordPress; the record of what is due is the due index.

Every recovery that waits is also an RQ delayed job, so that RQ's own tools show it. When it is
due, the clock has it stand in its site's line, and queues a job that works the line off. RQ's
scheduler is not run: it stops at the first connection error or corrupt job and fires up to a
second early.

There is one queue: a worker that listens on several pops with a command that loses the job
when the worker dies at that moment.
"""

import hashlib
import logging
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ConnectionError, ResponseError, TimeoutError  # noqa: A004  # as redis names them
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.registry import ScheduledJobRegistry
from rq.serializers import JSONSerializer

from sidecar.adapters.counts import NOT_UNDERSTOOD, Counts
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.scripts import script
from sidecar.adapters.site_calls import CALLS

log = logging.getLogger(__name__)

QUEUE = "booking-recovery"
TIMEOUT = 120
"""Seconds after which RQ stops a job; every call in it has a shorter limit of its own."""

FUNCTIONS = {
    "recover": "sidecar.worker.jobs.recover",
    "outbox": "sidecar.worker.jobs.read_outbox",
    "status": "sidecar.worker.jobs.read_status",
    "recount": "sidecar.worker.jobs.recount",
    "visit": "sidecar.worker.jobs.follow_visit",
    CALLS: "sidecar.worker.jobs.make_calls",
}
"""What a job of each kind runs; a worker refuses every other function."""

_QUEUED_AT_MOST = timedelta(hours=1)
"""After that a job is gone whose worker died before it began: nothing else would remove it."""

_FAILED_KEPT = int(timedelta(days=7).total_seconds())


class RefusedJob(Exception):
    """A job that names a function which is none of ours."""


class OurJob(Job):
    """A job that runs only the functions in the list: whoever can write to Redis cannot add one.

    What RQ would call after a job, functions and addresses, is dropped: we never give it any.
    """

    def restore(self, raw_data: Any) -> None:
        super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = None
        self._stopped_callback_name = None
        self.webhooks = []

    def to_dict(
        self,
        include_meta: bool = True,  # noqa: FBT001, FBT002  # as RQ has it
        include_result: bool = True,  # noqa: FBT001, FBT002  # as RQ has it
    ) -> dict[str, Any]:
        """Leave out what is empty: RQ takes what is not there for the same."""
        told = super().to_dict(include_meta, include_result)
        return {name: value for name, value in told.items() if value != ""}

    def refresh(self) -> None:
        """Take a job that cannot be read for one that is not there, which stops no worker.

        Its due entry has it made anew.
        """
        try:
            super().refresh()  # type: ignore[no-untyped-call]  # RQ leaves it untyped
        except (ConnectionError, TimeoutError, NoSuchJobError):
            raise
        except Exception as fault:  # RQ lets out whatever the damage leads to
            log.error("removed a job that cannot be read", extra={"job": self.id})
            self.connection.delete(self.key)
            Counts(self.connection).add(NOT_UNDERSTOOD, "job")
            raise NoSuchJobError(self.id) from fault

    def perform(self) -> Any:
        if self.func_name not in FUNCTIONS.values():
            raise RefusedJob(f"{self.func_name} is not run here")
        return super().perform()


def queue(redis: "Redis") -> Queue:
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer, job_class=OurJob)


class Jobs:
    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._queue = queue(redis)
        self._next_call = redis.register_script(script("next_call"))
        self._scheduled = ScheduledJobRegistry(queue=self._queue)  # type: ignore[no-untyped-call]  # RQ leaves it untyped

    def schedule(self, entry: DueEntry, at: datetime) -> None:
        """Show the entry as a delayed job; one that is shown already is moved.

        How long is kept what comes of it is written when it is made anew for the queue.
        """
        kept = ("result_ttl", "failure_ttl")
        options = {name: of for name, of in _options(entry).items() if name not in kept}
        try:
            self._queue.enqueue_at(at, FUNCTIONS[entry.kind], *entry[1:], **options)
        except ResponseError:  # something else than a job may lie there
            self._redis.delete(OurJob.key_for(job_id_of(entry)))
            raise

    def unschedule(self, entries: Sequence[DueEntry]) -> None:
        """Show these no longer."""
        if not entries:
            return
        ids = [job_id_of(entry) for entry in entries]
        pipeline = self._redis.pipeline()
        pipeline.zrem(self._scheduled.key, *ids)
        pipeline.delete(*(OurJob.key_for(job_id) for job_id in ids))
        pipeline.execute()

    def promote(self, entries: Sequence[DueEntry]) -> None:
        """Queue a job for each entry, with an id of its own.

        RQ drops what belongs to an id when its run ends, also what was queued meanwhile.
        """
        if not entries:
            return
        pipeline = self._redis.pipeline()
        ids = [
            job_id
            for kind in {entry.kind for entry in entries}
            for job_id in self._save([entry for entry in entries if entry.kind == kind], pipeline)
        ]
        pipeline.sadd(self._queue.redis_queues_keys, self._queue.key)
        pipeline.rpush(self._queue.key, *ids)
        pipeline.execute()

    def _save(self, entries: Sequence[DueEntry], pipeline: "Pipeline") -> Iterator[str]:
        """Write the jobs of entries of one kind; yields their ids.

        It is one job under many ids: to make each takes RQ longer than all else that is done
        with it, and many may be due at one moment.
        """
        options = _options(entries[0])
        options["timeout"] = options.pop("job_timeout")
        job = self._queue.create_job(
            FUNCTIONS[entries[0].kind], status=JobStatus.QUEUED, **options
        )
        job.enqueued_at = datetime.now(UTC)
        for entry in entries:
            job.id, job.args = _queued_id_of(entry), entry[1:]
            job.save(pipeline=pipeline, include_meta=False)
            pipeline.expire(job.key, _QUEUED_AT_MOST)
            yield job.id

    def next_call(self) -> DueEntry | None:
        """Take the next job, where it calls a worker to a site: for one that is at it already.

        It is spared what RQ does for each job, which is half the work of a message.
        """
        limits = [_CALLED, OurJob.key_for("")]
        job_id = cast("bytes", self._next_call(keys=[self._queue.key], args=limits)).decode()
        if not job_id:
            return None
        _, worker, site = job_id.split("-", 2)
        return DueEntry(CALLS, site, worker)


_CALLED = f"{CALLS}-"


def _queued_id_of(entry: DueEntry) -> str:
    """Return an id that no other job has; that of a call to a site tells who was called."""
    if entry.kind == CALLS:
        return f"{_CALLED}{entry.item}-{entry.site}"
    return f"{entry.kind}-{secrets.token_hex(16)}"


def job_id_of(entry: DueEntry) -> str:
    """The id of a recovery's delayed job; RQ allows neither `:` nor `.` in one."""
    return "r-" + hashlib.sha256(f"{entry.site}:{entry.item}".encode()).hexdigest()[:32]


def _options(entry: DueEntry) -> dict[str, Any]:
    return {
        "job_id": job_id_of(entry),
        "job_timeout": TIMEOUT,
        "result_ttl": 0,
        "failure_ttl": _FAILED_KEPT,
        # RQ's own description would repeat the arguments.
        "description": entry.kind,
    }
