"""Whether it works: every site with its light, and one site with all that stands behind it."""

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from flask import Blueprint, render_template

from sidecar import report, watch
from sidecar.adapters import redis_server
from sidecar.adapters.redis_glances import Glance
from sidecar.adapters.redis_lateness import DAY, HOUR
from sidecar.config import Site, zone_for
from sidecar.domain.health import Facts, Light, SiteFacts, Trouble, light, of_all, troubles_of
from sidecar.web.access import ask_for_log_in, may_act, may_see, site_or_404
from sidecar.wiring import Sidecar

VERSION = version("booking-recovery")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much of a site waits for a person, by the page where it is listed."""

    failures: int
    quarantine: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One site as the pages show it: what is wrong, the worst first, and how much waits."""

    site: Site
    facts: SiteFacts
    troubles: tuple[Trouble, ...]
    waiting: int
    overdue: timedelta

    @property
    def light(self) -> Light:
        return light(self.troubles)


def overview(sidecar: Sidecar) -> Blueprint:
    pages = Blueprint("overview", __name__)
    pages.before_request(ask_for_log_in)

    @pages.app_context_processor
    def what_waits() -> dict[str, object]:
        """Let every page of a site say in its tabs what waits for a person."""
        return {"waiting_at": _waiting_at}

    def _waiting_at(site: str) -> Waiting:
        store = sidecar.store
        return Waiting(
            failures=store.count_failures(site), quarantine=store.count_quarantined(site)
        )

    @pages.get("/")
    def sites() -> str:
        now = sidecar.due.now()
        mine = [site for site in sidecar.config.sites.values() if may_see(site.id)]
        glances, facts = _look(mine, now)
        whole = list(of_all(facts))
        return render_template(
            "sites.html",
            sites=[
                (_shown(site, told, (), glance, now), _beside(site, glance))
                for site, told, glance in zip(mine, facts.sites, glances, strict=True)
            ],
            light=light(whole),
            troubles=whole,
            may_act=may_act(),
            **_telling(now),
        )

    @pages.get("/sites/<site_id>")
    def site(site_id: str) -> str:
        site, now = site_or_404(sidecar, site_id), sidecar.due.now()
        (glance,), facts = _look([site], now)
        return render_template(
            "overview.html",
            site=site,
            shown=_shown(site, facts.sites[0], of_all(facts), glance, now),
            facts=facts,
            states=glance.states,
            lateness=[
                ("hour", sidecar.lateness.read(site.id, now, HOUR)),
                ("day", sidecar.lateness.read(site.id, now, DAY)),
            ],
            redis=redis_server.ask(sidecar.redis),
            versions={"sidecar": VERSION, "Python": platform.python_version()},
            zone=zone_for(site, glance.record.timezone),
            **_beside(site, glance),
            **_telling(now),
        )

    def _look(sites: Iterable[Site], now: datetime) -> tuple[list[Glance], Facts]:
        glances = sidecar.glances.read([site.id for site in sites], now)
        return glances, watch.facts(sidecar.heartbeats, sidecar.due, sidecar.room, glances)

    return pages


def _shown(
    site: Site, facts: SiteFacts, whole: Iterable[Trouble], glance: Glance, now: datetime
) -> Shown:
    found = [*whole, *troubles_of(facts, now)]
    worst_first = sorted(found, key=lambda one: one.light is not Light.BROKEN)
    return Shown(
        site=site,
        facts=facts,
        troubles=tuple(worst_first),
        waiting=glance.waiting,
        overdue=glance.overdue,
    )


def _beside(site: Site, glance: Glance) -> dict[str, object]:
    told = glance.notes.status or {}
    return {
        "record": glance.record,
        "notes": glance.notes,
        "told": told,
        "oldest_event": _moment(told.get("outbox_oldest_at")),
        "paused": site.paused or glance.record.paused or bool(told.get("paused")),
        "open": glance.open,
        "visits": glance.states.total(),
        "failures": glance.failures,
    }


def _moment(told: object) -> datetime | None:
    """Read a time as WordPress told it, if it did."""
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _telling(now: datetime) -> dict[str, object]:
    return {
        "now": now,
        "ago": lambda moment: report.ago(moment, now),
        "clock": report.clock,
        "span": report.span,
        "size": report.size,
    }
