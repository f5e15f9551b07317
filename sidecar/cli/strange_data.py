"""What must be sure before anything runs: that our keys and our version are those of the data."""

from datetime import timedelta

from sidecar.adapters.backup import refuse_half_restored
from sidecar.adapters.key_check import refuse_other_keys
from sidecar.adapters.schema import note_version, refuse_newer
from sidecar.config import Config, policy_for
from sidecar.wiring import assemble


def refuse_strange_data(config: Config) -> None:
    """Raise ConfigError where Redis holds what we cannot read, RedisError where it is away.

    It may have been sealed with other keys, or written by a later version.
    """
    sidecar = assemble(config)
    try:
        refuse_newer(sidecar.redis)
        refuse_half_restored(sidecar.redis)
        kept = [
            policy_for(site, sidecar.store.begin(site.id).record().settings).retention
            for site in config.sites.values()
        ]
        longest = max(kept, default=timedelta(0))
        refuse_other_keys(sidecar.redis, sidecar.keys, sidecar.due.now(), longest)
        note_version(sidecar.redis)
    finally:
        sidecar.redis.close()
