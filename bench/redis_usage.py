"""What Redis itself tells about its work."""

from typing import Any, cast

from redis import Redis


def commands(redis: "Redis") -> int:
    """How many commands it has done, those that scripts call among them."""
    told = cast("dict[str, dict[str, Any]]", redis.info("commandstats"))
    return sum(of["calls"] for name, of in told.items() if name != "cmdstat_info")


def cpu_seconds(redis: "Redis") -> float:
    told = cast("dict[str, float]", redis.info("cpu"))
    return told["used_cpu_user"] + told["used_cpu_sys"]


def memory(redis: "Redis") -> int:
    """Bytes that all keys and indexes take."""
    return int(cast("dict[str, int]", redis.info("memory"))["used_memory"])
