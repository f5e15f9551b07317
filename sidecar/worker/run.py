"""One job worker: an RQ SimpleWorker that runs our functions and no other."""

import logging

from rq import SimpleWorker
from rq.serializers import JSONSerializer

from sidecar.adapters.heartbeats import keep_beating
from sidecar.adapters.redis_connection import connect_for_rq
from sidecar.adapters.rq_jobs import OurJob, queue
from sidecar.config import Config
from sidecar.wiring import assemble
from sidecar.worker import jobs


class Worker(SimpleWorker):
    """Runs jobs in its own process: it was forked from one that had everything imported."""

    # Back at work two seconds after Redis is, instead of up to a minute.
    max_connection_wait_time = 2.0


def run_worker(config: Config) -> None:
    """Work until told to stop; returns also where RQ gave up, to be started again."""
    # What RQ says of a job at info is less than our own lines say.
    logging.getLogger("rq.worker").setLevel(logging.WARNING)
    sidecar = assemble(config)
    jobs.work_for(sidecar)
    keep_beating(sidecar.heartbeats, "worker")
    redis = connect_for_rq(config)
    worker = Worker([queue(redis)], connection=redis, serializer=JSONSerializer, job_class=OurJob)
    worker.work(with_scheduler=False, logging_level=None)
