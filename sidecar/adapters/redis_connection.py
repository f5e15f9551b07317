"""Connections to Redis, with the time limits decided once."""

from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry

from sidecar.adapters.embedded_redis import redis_url
from sidecar.config import Config

CONNECT = 2.0
ANSWER = 5.0
"""Seconds; Redis answers in less than a thousandth of one unless something is wrong."""


def connect(config: Config) -> "Redis":
    """Return a client whose commands may be sent twice when a reply is lost.

    Every write through it bears that: scripts compare before they write.
    """
    return Redis.from_url(
        redis_url(config),
        socket_connect_timeout=CONNECT,
        socket_timeout=ANSWER,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 2),
    )


def connect_for_rq(config: Config) -> "Redis":
    """Return a client without limits of ours: RQ sets its own for its blocking calls."""
    return Redis.from_url(
        redis_url(config), socket_connect_timeout=CONNECT, health_check_interval=30
    )


def connect_for_probes(config: Config) -> "Redis":
    """Return a client that says within a second or two whether Redis answers."""
    return Redis.from_url(
        redis_url(config), socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0)
    )
