"""Connections to Redis, with the time limits decided once."""

import re
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelManagedConnection

from sidecar.adapters.embedded_redis import redis_url
from sidecar.config import Config

CONNECT = 2.0
ANSWER = 5.0
"""Seconds; Redis answers in less than a thousandth of one unless something is wrong."""

SENTINEL = "redis+sentinel:"
SENTINEL_PORT = 26379


def connect(config: Config) -> "Redis":
    """Return a client whose commands may be sent twice when a reply is lost.

    Every write through it bears that: scripts compare before they write.
    """
    return client(
        redis_url(config),
        socket_connect_timeout=CONNECT,
        socket_timeout=ANSWER,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 2),
    )


def connect_for_rq(config: Config) -> "Redis":
    """Return a client without limits of ours: RQ sets its own for its blocking calls."""
    return client(redis_url(config), socket_connect_timeout=CONNECT, health_check_interval=30)


def connect_for_probes(config: Config) -> "Redis":
    """Return a client that says within a second or two whether Redis answers."""
    return client(
        redis_url(config), socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), 0)
    )


def client(url: str, **options: Any) -> "Redis":
    """Return a client of the server at an address, or of the master that sentinels name.

    The sentinels are asked anew for each connection, so that a new master is found.
    """
    if not url.startswith(SENTINEL):
        return Redis.from_url(url, **options)
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    name, _, database = parts.path.strip("/").partition("/")
    sentinels = Sentinel(
        [_address(host) for host in hosts.split(",")],
        sentinel_kwargs={"socket_connect_timeout": 1, "socket_timeout": 1},
        username=unquote(user) or None,
        password=unquote(password) or None,
        db=int(database or 0),
        connection_class=_ToMaster,
        **options,
    )  # type: ignore[no-untyped-call]  # redis leaves it untyped
    return cast("Redis", sentinels.master_for(name))  # type: ignore[no-untyped-call]  # as well


class _ToMaster(SentinelManagedConnection):
    """A connection that ends where its user is interrupted, as a worker is that shall stop.

    redis-py keeps it, and its next user would wait for the reply to what the first has asked.
    """

    def read_response(self, *args: Any, **options: Any) -> Any:
        return super().read_response(*args, **{"disconnect_on_error": True, **options})


def _address(host: str) -> tuple[str, int]:
    found = re.fullmatch(r"\[?(.+?)\]?(?::(\d{1,5}))?", host)
    assert found is not None  # noqa: S101  # the configuration has been checked
    return found[1], int(found[2] or SENTINEL_PORT)
