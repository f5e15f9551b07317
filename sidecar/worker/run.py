"""One job worker: an RQ SimpleWorker that runs our functions and no other."""

import logging
from typing import Any

from rq import SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from sidecar.adapters.heartbeats import keep_beating
from sidecar.adapters.redis_connection import connect_for_rq
from sidecar.adapters.rq_jobs import OurJob, queue
from sidecar.config import Config
from sidecar.watch import keep_watch
from sidecar.wiring import assemble
from sidecar.worker import jobs

log = logging.getLogger(__name__)


class Worker(SimpleWorker):
    """Runs jobs in its own process: it was forked from one that had everything imported.

    What an error says may quote whom it was about, so RQ neither logs it nor keeps it in Redis.
    """

    # Back at work two seconds after Redis is, instead of up to a minute.
    max_connection_wait_time = 2.0

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        log.error("job failed", extra={"job": job.id}, exc_info=exc_info)

    def handle_job_failure(self, *given: Any, **named: Any) -> None:
        super().handle_job_failure(*given, **{**named, "exc_string": _SEE})


_SEE = "What went wrong is told in the log of the worker."


def run_worker(config: Config) -> None:
    """Work until told to stop; returns also where RQ gave up, to be started again."""
    # What RQ says of a job at info is less than our own lines say.
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    sidecar = assemble(config)
    jobs.work_for(sidecar)
    keep_beating(sidecar.heartbeats, "worker")
    keep_watch(sidecar)
    redis = connect_for_rq(config)
    worker = Worker([queue(redis)], connection=redis, serializer=JSONSerializer, job_class=OurJob)
    worker.work(with_scheduler=False, logging_level=None)
