"""Whether Redis still holds what it held: after a crash, a backup or an accident it may not."""

from redis import Redis

from sidecar.adapters import redis_keys as keys


class Continuity:
    """A number in Redis that grows with every look. Where it has not, what came since is lost."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._last = 0

    def has_lost_something(self) -> bool:
        """Tell whether anything that was there at the last look is gone; False at the first."""
        number = int(self._redis.incr(keys.LOOKS))
        before, self._last = self._last, number
        return number <= before
