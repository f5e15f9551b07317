"""The processes of the sidecar, and what each must wait for."""

import logging
import time
from collections.abc import Callable
from functools import partial

from sidecar.adapters import embedded_redis
from sidecar.adapters.sentry import reporting, start_sentry
from sidecar.cli.logs import start_logging
from sidecar.cli.probes import redis_trouble, web_answers
from sidecar.cli.strange_data import refuse_strange_data
from sidecar.cli.supervisor import Role, Stage
from sidecar.config import Config
from sidecar.web.server import serve
from sidecar.worker.clock import run_clock
from sidecar.worker.run import run_worker

log = logging.getLogger(__name__)

# A call into WordPress may take 75 s, but service managers kill after 90 s in all by default.
_WORKERS_STOP_WITHIN = 60.0
_COMPLAIN_EVERY = 10.0


def embedded(config: Config) -> Stage:
    command = embedded_redis.prepare(config)
    return Stage(roles=(Role("redis", partial(embedded_redis.become, command)),))


def redis_there(config: Config) -> Stage:
    """Start nothing; hold back what follows until Redis answers, and refuse keys of another."""
    answers = _RedisAnswers(config)

    def ready() -> bool:
        if not answers():
            return False
        refuse_strange_data(config)
        return True

    return Stage(ready=ready)


def workers(config: Config) -> Stage:
    numbers = range(1, config.server.job_workers + 1)
    return Stage(
        roles=tuple(_role(f"worker-{n}", config, partial(run_worker, config)) for n in numbers),
        stop_within=_WORKERS_STOP_WITHIN,
    )


def clock(config: Config) -> Stage:
    return Stage(roles=(_role("clock", config, partial(run_clock, config)),), stop_within=5.0)


def web(config: Config) -> Stage:
    return Stage(
        roles=(_role("web", config, partial(serve, config)),),
        stop_within=15.0,
        ready=partial(web_answers, config.server),
    )


def _role(name: str, config: Config, run: Callable[[], object]) -> Role:
    def named() -> None:
        start_logging(config.log, role=name)
        start_sentry(config.sentry, role=name)
        with reporting():
            run()

    return Role(name, named)


class _RedisAnswers:
    """Whether Redis answers; says from time to time why it does not."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._complain_at = time.monotonic() + 1

    def __call__(self) -> bool:
        trouble = redis_trouble(self._config)
        if trouble and time.monotonic() >= self._complain_at:
            log.warning("waiting for Redis: %s", trouble)
            self._complain_at = time.monotonic() + _COMPLAIN_EVERY
        return not trouble
