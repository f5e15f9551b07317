"""`check`: what is wrong, one line a finding."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from sidecar import report, watch
from sidecar.adapters import egress
from sidecar.adapters.alerter import Alerter
from sidecar.adapters.counts import NOT_UNDERSTOOD, Counts
from sidecar.adapters.embedded_redis import redis_url
from sidecar.adapters.heartbeats import Heartbeats
from sidecar.adapters.keys import keys_file, load_keys
from sidecar.adapters.redis_connection import connect_for_probes
from sidecar.adapters.redis_glances import Glances
from sidecar.adapters.redis_notes import Notes
from sidecar.adapters.redis_room import Room
from sidecar.adapters.redis_store import DueIndex
from sidecar.adapters.schema import refuse_newer
from sidecar.cli.findings import Finding, Findings, Level, good, notice, wrong
from sidecar.cli.operating import as_json, say, say_json, site_of
from sidecar.cli.strange_data import refuse_strange_data
from sidecar.cli.visit import of_visit
from sidecar.config import Config, ConfigError, Site, load, policy_for
from sidecar.domain.errors import RetryLater
from sidecar.domain.health import Kind, Trouble, of_all, troubles_of
from sidecar.domain.site import SiteRecord
from sidecar.wiring import assemble

OLDEST_REDIS = (6, 2)


@click.command()
@click.argument("site", required=False)
@click.option("--visit", is_flag=True, help="Have a robot go the whole way at SITE.")
@click.option("--alert", is_flag=True, help="Send an alert to those who get them, as a test.")
@as_json
@click.pass_context
def check(
    ctx: click.Context, *, site: str | None, visit: bool, alert: bool, as_json: bool
) -> None:
    """Check the configuration, Redis and every site.

    With a SITE only that one is looked at. Prints one line a finding; the exit code is 1 if something is wrong.

    With --visit a robot visits SITE's booking form and leaves it. The message that follows goes to the address of
    WordPress's administrator. Nothing of it is counted.
    """
    if visit and site is None:
        raise click.UsageError("--visit needs a SITE to visit")
    found = []
    for finding in _findings(ctx.obj, site, visit=visit, alert=alert):
        found.append(finding)
        if not as_json:
            say(f"{finding.level}: {finding.text}")
    if as_json:
        say_json({"findings": [asdict(finding) for finding in found]})
    ctx.exit(1 if any(finding.level is Level.WRONG for finding in found) else 0)


def _findings(path: Path | None, site: str | None, *, visit: bool, alert: bool) -> Findings:
    running = ".".join(str(part) for part in sys.version_info[:3])
    yield good(f"booking-recovery {version('booking-recovery')}, Python {running}")
    try:
        config = load(path)
        redis_url(config)
        if keys_file(config).exists():
            load_keys(config)
    except ConfigError as error:
        yield wrong(str(error))
        return
    yield good(
        f"{config.path}: sites: {', '.join(config.sites) or 'none'}; users: {len(config.users)}"
    )
    yield from map(notice, config.notices)
    yield from _of_alerts(config, alert=alert)
    redis = connect_for_probes(config)
    sites = [site_of(config, site)] if site else list(config.sites.values())
    try:
        yield from _of_redis(redis)
        refuse_newer(redis)
        if keys_file(config).exists():
            refuse_strange_data(config)
        yield from _of_processes(redis)
        yield from _of_sites(sites, redis, DueIndex(redis, Counts(redis)).now())
        for visited in sites if visit else ():
            for finding in of_visit(assemble(config), visited):
                yield Finding(finding.level, f"{visited.id}: {finding.text}")
    except ConfigError as error:
        yield wrong(str(error))
    except RedisError as error:
        hint = "; booking-recovery up starts the embedded one" if config.redis.embedded else ""
        yield wrong(f"Redis does not answer: {error}{hint}")


def _of_alerts(config: Config, *, alert: bool) -> Findings:
    alerter = Alerter(config.alerts, egress.session(anywhere=True))
    if not config.alerts.wanted:
        text = "nobody is told when something breaks: [alerts] says how"
        yield wrong(text) if alert else notice(text)
    elif alert:
        text = "This is a test: if you read it, alerts reach you.\n"
        try:
            faults = alerter.send("Booking recovery: a test of its alerts", text)
        except RetryLater as fault:
            faults = [str(fault)]
        else:
            yield good("an alert was sent as a test")
        yield from (wrong(f"[alerts] {fault}") for fault in faults)
    elif config.alerts.host:
        try:
            alerter.look()
        except RetryLater as fault:
            yield wrong(f"[alerts] {fault}")
        else:
            yield good("the mail server for alerts lets us in; --alert sends a test")


def _of_redis(redis: "Redis") -> Findings:
    redis.ping()
    try:
        told = redis.info()
    except ResponseError as error:
        yield good("Redis answers")
        yield notice(f"Redis does not say how it keeps what it is given: {error}")
        return
    running = str(told.get("redis_version", ""))
    yield good(f"Redis {running} answers")
    if _numbers(running) < OLDEST_REDIS:
        yield wrong(f"Redis {running} is too old; at least 6.2 is needed")
    if told.get("role") == "slave":
        yield wrong("this Redis is a replica, which takes in nothing; name the master")
    yield from _of_persistence(told)
    yield from _of_memory(told)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _of_persistence(told: dict[str, Any]) -> Findings:
    if told.get("loading"):
        yield wrong("Redis is still reading its data")
    if told.get("aof_enabled"):
        yield good("Redis keeps an append-only file")
    else:
        yield notice(
            "Redis keeps no append-only file: what came since its last snapshot is lost with it "
            "(set appendonly yes)"
        )
    for name in ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"):
        if told.get(name, "ok") != "ok":
            yield wrong(f"Redis could not write its data to the disk: {name} is {told[name]}")


def _of_memory(told: dict[str, Any]) -> Findings:
    policy, limit = told.get("maxmemory_policy", "noeviction"), int(told.get("maxmemory", 0))
    if policy != "noeviction":
        text = f"Redis may drop data when its memory is full: set maxmemory-policy noeviction, not {policy}"
        yield wrong(text) if limit else notice(text)


_TO_KNOW = {Kind.NO_WORKER, Kind.NO_CLOCK, Kind.NOT_REFILLED, Kind.FAILURES, Kind.QUARANTINED}
"""Troubles that a sidecar may have which is set up well: it has not been started, or filled, yet; or
something once went wrong."""


def _told(troubles: Iterable[Trouble]) -> Findings:
    """Troubles as the pages word them."""
    for one in troubles:
        text = f"{one.site}: {one.text}" if one.site else one.text
        yield notice(text) if one.kind in _TO_KNOW else wrong(text)


def _of_processes(redis: "Redis") -> Findings:
    facts = watch.facts(Heartbeats(redis), DueIndex(redis, Counts(redis)), Room(redis), ())
    for role, many in (("worker", facts.workers), ("clock", facts.clocks)):
        if many:
            yield good(f"{role}s that live: {many}")
    yield from _told(of_all(facts))
    counted = sorted(Counts(redis).read().items())
    told = ", ".join(f"{what[0]}: {n}" for (name, *what), n in counted if name == NOT_UNDERSTOOD)
    if told:
        yield notice(f"what lay in Redis and made no sense was dropped or put aside ({told})")


def _of_sites(sites: Sequence[Site], redis: "Redis", now: datetime) -> Findings:
    glances = Glances(redis).read([site.id for site in sites], now)
    for site, glance in zip(sites, glances, strict=True):
        if glance.record.check_in is None:
            yield notice(f"{site.id}: not paired; booking-recovery pair {site.id} tells how")
            continue
        for finding in _of_site(site, glance.record, glance.notes):
            yield Finding(finding.level, f"{site.id}: {finding.text}")
        yield from _told(troubles_of(watch.facts_of(glance), now))


def _of_site(site: Site, record: SiteRecord, notes: Notes) -> Findings:
    assert record.check_in is not None  # noqa: S101  # the caller looked
    home = record.check_in.home_url
    answered = f"last answered {notes.answered_at:%Y-%m-%d %H:%M} UTC" if notes.answered_at else ""
    yield good(", ".join(filter(None, (f"paired with {home}", answered))))
    if _is_open_to_readers(record.check_in.rest_url):
        yield notice(f"{home} is plain http: customers' data goes to it unencrypted")
    if notes.answered_at is None and not notes.failures:
        yield wrong("WordPress has not answered yet")
    clock = report.clock(record.skew)
    if clock:
        yield wrong(clock)
    if site.paused or record.paused or (notes.status or {}).get("paused"):
        yield notice("paused: no messages are sent")
    if policy_for(site, record.settings).dry_run:
        yield notice("dry_run: everything is decided and nothing is sent")


def _is_open_to_readers(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return False
    try:
        return not ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname != "localhost"
