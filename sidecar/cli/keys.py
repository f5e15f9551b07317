"""What must be sure before anything runs: that the keys are those of the data in Redis."""

from datetime import timedelta

from sidecar.adapters.key_check import refuse_other_keys
from sidecar.config import Config, policy_for
from sidecar.wiring import assemble


def refuse_strange_keys(config: Config) -> None:
    """Raise ConfigError where Redis holds what our keys do not fit, RedisError where it is away."""
    sidecar = assemble(config)
    try:
        kept = [
            policy_for(site, sidecar.store.begin(site.id).record().settings).retention
            for site in config.sites.values()
        ]
        longest = max(kept, default=timedelta(0))
        refuse_other_keys(sidecar.redis, sidecar.keys, sidecar.due.now(), longest)
    finally:
        sidecar.redis.close()
