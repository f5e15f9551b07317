"""What Redis says of itself, for people to look at."""

from dataclasses import dataclass
from datetime import UTC, datetime

from redis import Redis
from redis.exceptions import ResponseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Memory is in bytes, `limit` 0 where there is none. `saved_at` is its last snapshot's time.

    `appends` says that every change is written to a file, `is_saving` that the last writing of
    either kind went well.
    """

    version: str
    used: int
    limit: int
    appends: bool
    saved_at: datetime
    is_saving: bool


def ask(redis: "Redis") -> Server | None:
    """Return what Redis tells; None where it keeps that to itself, as a managed one may."""
    try:
        told = redis.info("everything")
        saved_at = datetime.fromtimestamp(told["rdb_last_save_time"], UTC)
    except (ResponseError, KeyError):
        return None
    statuses = ("aof_last_write_status", "rdb_last_bgsave_status")
    return Server(
        version=f"{told.get('server_name', 'redis').title()} {told.get('valkey_version', told['redis_version'])}",
        used=told["used_memory"],
        limit=told.get("maxmemory", 0),
        appends=bool(told["aof_enabled"]),
        saved_at=saved_at,
        is_saving=all(told.get(name, "ok") == "ok" for name in statuses),
    )
