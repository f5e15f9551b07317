"""How the sidecar and its sites are: facts in, what is wrong out, in plain sentences."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LATE = timedelta(minutes=5)
"""What is due for longer than this and with nobody shows that the clock does not get on."""

SILENT = timedelta(minutes=10)
"""A site that answers nothing for this long, while visits are open there, is broken."""

NEARLY_FULL = 0.75
"""The share of Redis's memory at which there is still time to make room."""

LATELY = timedelta(days=1)
"""For how long something that went wrong once counts as wrong."""


class Light(StrEnum):
    WORKING = "working"
    DEGRADED = "degraded"
    BROKEN = "broken"


class Kind(StrEnum):
    NO_WORKER = "no_worker"
    NO_CLOCK = "no_clock"
    OVERDUE = "overdue"
    FULL = "full"
    SILENT = "silent"
    REFUSED = "refused"
    NO_BOOKNETIC = "no_booknetic"
    NO_WORKFLOW = "no_workflow"
    NOT_REFILLED = "not_refilled"
    FAILURES = "failures"
    QUARANTINED = "quarantined"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """`failing_since` is None while calls are answered; then `fault` is the last one's.

    What WordPress has not told is None. `failures` and `quarantined` are counted over LATELY.
    """

    id: str
    is_paired: bool = True
    has_open_sessions: bool = False
    failing_since: datetime | None = None
    fault: str = ""
    has_booknetic: bool | None = None
    has_workflow: bool | None = None
    is_refilled: bool = True
    failures: int = 0
    quarantined: int = 0
    unreadable: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """`overdue` counts what is due and with nobody; `memory_used` is a share, 0 without a limit.

    `takes_in` is False where Redis is so full that webhooks are refused.
    """

    workers: int
    clocks: int
    overdue: int = 0
    oldest_overdue: timedelta = timedelta(0)
    memory_used: float = 0.0
    takes_in: bool = True
    sites: tuple[SiteFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong, in sentences that name nobody; `site` is "" for the whole sidecar.

    One with a `count` is news each time that this grows; any other lasts until it ends. What
    may still mend itself is not `worth_an_alert`.
    """

    kind: Kind
    light: Light
    text: str
    site: str = ""
    count: int | None = None
    worth_an_alert: bool = True


def light(troubles: Iterable[Trouble]) -> Light:
    """The worst of what is wrong."""
    lights = {trouble.light for trouble in troubles}
    return next((one for one in (Light.BROKEN, Light.DEGRADED) if one in lights), Light.WORKING)


def troubles(facts: Facts, now: datetime) -> list[Trouble]:
    """What is wrong, the whole sidecar first, then site by site."""
    return [*of_all(facts), *(one for site in facts.sites for one in troubles_of(site, now))]


def troubles_of(site: SiteFacts, now: datetime) -> list[Trouble]:
    """What is wrong with one site; with one that was never paired, nothing is."""
    if not site.is_paired:
        return []
    return [*_of_calls(site, now), *_of_workflow(site), *_of_data(site)]


def of_all(facts: Facts) -> Iterable[Trouble]:
    """What is wrong with the whole sidecar."""
    if not facts.workers:
        yield Trouble(
            kind=Kind.NO_WORKER,
            light=Light.BROKEN,
            text="No worker lives, so no message goes out. Start booking-recovery up, or worker.",
        )
    if not facts.clocks:
        yield Trouble(
            kind=Kind.NO_CLOCK,
            light=Light.BROKEN,
            text="No clock lives, so nothing becomes due. Start booking-recovery up, or clock.",
        )
    if facts.oldest_overdue > LATE:
        yield Trouble(
            kind=Kind.OVERDUE,
            light=Light.DEGRADED,
            text=f"What is due waits and is not done: {_things(facts.overdue)}, the oldest for "
            f"{_span(facts.oldest_overdue)}.",
        )
    if not facts.takes_in or facts.memory_used >= NEARLY_FULL:
        yield _full(facts)


def _full(facts: Facts) -> Trouble:
    used = f"Redis has used {facts.memory_used:.0%} of its memory (maxmemory)"
    if facts.takes_in:
        text, how = f"{used}: give it more, or nothing new is taken in soon.", Light.DEGRADED
    else:
        text, how = f"{used}, so nothing new is taken in: give it more.", Light.BROKEN
    return Trouble(kind=Kind.FULL, light=how, text=text)


_REFUSALS = {
    "401": "WordPress refuses the signature of our calls (401). Paste the connection code that "
    "booking-recovery pair prints into its settings again.",
    "403": "Something before WordPress refuses our calls (403). Look for a firewall or a security "
    "plugin.",
    "404": "WordPress does not know our calls (404). Look whether the plugin is active, and whether "
    "the site has moved.",
}


def _of_calls(site: SiteFacts, now: datetime) -> Iterable[Trouble]:
    if site.failing_since is None:
        return
    answered = re.search(r"\banswered ([0-9]{3})\b", site.fault)
    refusal = _REFUSALS.get(answered[1]) if answered else None
    if refusal is not None:
        yield Trouble(kind=Kind.REFUSED, light=Light.BROKEN, text=refusal, site=site.id)
        return
    waits = site.has_open_sessions and now - site.failing_since >= SILENT
    yield Trouble(
        kind=Kind.SILENT,
        light=Light.BROKEN if waits else Light.DEGRADED,
        text=f"WordPress has not answered as it should since {site.failing_since:%Y-%m-%d %H:%M} "
        f"UTC: {site.fault}. It is asked again by itself.",
        site=site.id,
        worth_an_alert=waits,
    )


def _of_workflow(site: SiteFacts) -> Iterable[Trouble]:
    if site.has_booknetic is False:
        yield Trouble(
            kind=Kind.NO_BOOKNETIC,
            light=Light.BROKEN,
            text="Booknetic is not active, or its version is not known to the bridge.",
            site=site.id,
        )
    elif site.has_workflow is False:
        yield Trouble(
            kind=Kind.NO_WORKFLOW,
            light=Light.BROKEN,
            text="Booknetic has no active workflow that starts with “Booking abandoned”, so nobody "
            "can be written to.",
            site=site.id,
        )
    if not site.is_refilled:
        yield Trouble(
            kind=Kind.NOT_REFILLED,
            light=Light.DEGRADED,
            text="Nothing is sent before WordPress has told its settings and opt-outs.",
            site=site.id,
        )


def _of_data(site: SiteFacts) -> Iterable[Trouble]:
    counted = (
        (
            Kind.FAILURES,
            site.failures,
            "Messages of the last day that failed for good: {}. The page Failures, or "
            "booking-recovery retry, tells why.",
        ),
        (
            Kind.QUARANTINED,
            site.quarantined,
            "Events of the last day that made no sense and were set aside: {}. The "
            "page Quarantine, or booking-recovery quarantine, tells why.",
        ),
        (
            Kind.UNREADABLE,
            site.unreadable,
            "Visits or other records that could not be read and were set aside: {}. Restore a backup, or go on "
            "without.",
        ),
    )
    for kind, count, text in counted:
        if count:
            yield Trouble(
                kind=kind,
                light=Light.DEGRADED,
                text=text.format(count),
                site=site.id,
                count=count,
            )


def _things(count: int) -> str:
    return "one thing" if count == 1 else f"{count} things"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours"
