"""What a command does before it becomes one of the sidecar's processes."""

import logging
from contextlib import suppress
from pathlib import Path

from redis.exceptions import RedisError

from sidecar.adapters.embedded_redis import redis_url
from sidecar.adapters.keys import load_keys
from sidecar.cli.logs import start_logging
from sidecar.cli.strange_data import refuse_strange_data
from sidecar.config import Config, load

log = logging.getLogger(__name__)


def begin(path: Path | None, *, role: str) -> Config:
    """Return the configuration; raises ConfigError now for what would fail in every process."""
    config = load(path)
    start_logging(config.log, role=role)
    redis_url(config)
    load_keys(config)
    with suppress(RedisError):  # who starts before Redis does waits for it
        refuse_strange_data(config)
    for notice in config.notices:
        log.warning(notice)
    return config
