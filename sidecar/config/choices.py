"""Which of a site's choices count: what was chosen where, and what the operator has locked."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sidecar.config import Site, policy_for, read_settings
from sidecar.domain.policy import Policy

Written = str | int | list[str]


class Origin(StrEnum):
    """Where a choice was made, from the one that wins."""

    WORDPRESS = "wordpress"
    SITE = "site"
    ALL_SITES = "all_sites"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What counts for a key of [recovery], and why.

    `overruled` is what the owner chose in WordPress for a key that is locked, else None.
    """

    key: str
    value: Written
    origin: Origin
    locked: bool
    overruled: Written | None = None


def choices(site: Site, settings: Mapping[str, Any]) -> tuple[Choice, ...]:
    """Return every choice in the order of the configuration; `settings` are the owner's."""
    counts = written(policy_for(site, settings))
    owners = read_settings(settings)
    return tuple(
        Choice(
            key=key,
            value=value,
            origin=_origin(key, site, owners),
            locked=key in site.locked,
            overruled=_written(owners[key]) if key in owners and key in site.locked else None,
        )
        for key, value in counts.items()
    )


def _origin(key: str, site: Site, owners: Mapping[str, Any]) -> Origin:
    if key in owners and key not in site.locked:
        return Origin.WORDPRESS
    if key in site.own_choices:
        return Origin.SITE
    return Origin.ALL_SITES if key in site.general_choices else Origin.DEFAULT


def written(policy: Policy) -> dict[str, Written]:
    """Return a policy as a configuration spells it: durations as "45m", by the keys' names."""
    return {each.name: _written(getattr(policy, each.name)) for each in fields(Policy)}


def _written(value: Any) -> Written:
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, tuple):
        return [_duration(each) for each in value]
    chosen: Written = value
    return chosen


_UNITS = {"d": 86400, "h": 3600, "m": 60}


def _duration(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, size in _UNITS.items():
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
