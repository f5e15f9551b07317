"""Whether it works: every site with its light, and one site with all that stands behind it."""

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from flask import Blueprint, render_template

from sidecar import report, watch
from sidecar.adapters import redis_server
from sidecar.adapters.redis_lateness import DAY, HOUR
from sidecar.config import Site
from sidecar.domain.health import Facts, Light, SiteFacts, Trouble, light, troubles_of
from sidecar.domain.health import troubles as all_troubles
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
        facts = watch.look(sidecar, mine, now)
        of_all = _of_all(facts, now)
        return render_template(
            "sites.html",
            sites=[
                (_shown(site, told, (), now), _beside(site))
                for site, told in zip(mine, facts.sites, strict=True)
            ],
            light=light(of_all),
            troubles=of_all,
            may_act=may_act(),
            **_telling(now),
        )

    @pages.get("/sites/<site_id>")
    def site(site_id: str) -> str:
        site, now = site_or_404(sidecar, site_id), sidecar.due.now()
        facts = watch.look(sidecar, [site], now)
        return render_template(
            "overview.html",
            site=site,
            shown=_shown(site, facts.sites[0], _of_all(facts, now), now),
            facts=facts,
            states=sidecar.sessions.by_state(site.id),
            lateness=[
                ("hour", sidecar.lateness.read(site.id, now, HOUR)),
                ("day", sidecar.lateness.read(site.id, now, DAY)),
            ],
            redis=redis_server.ask(sidecar.redis),
            versions={"sidecar": VERSION, "Python": platform.python_version()},
            **_beside(site),
            **_telling(now),
        )

    def _shown(site: Site, facts: SiteFacts, of_all: Iterable[Trouble], now: datetime) -> Shown:
        waiting, overdue = sidecar.store.waiting(site.id, now)
        found = [*of_all, *troubles_of(facts, now)]
        worst_first = sorted(found, key=lambda one: one.light is not Light.BROKEN)
        return Shown(
            site=site,
            facts=facts,
            troubles=tuple(worst_first),
            waiting=waiting,
            overdue=overdue,
        )

    def _beside(site: Site) -> dict[str, object]:
        notes = sidecar.notes.read(site.id)
        record = sidecar.store.begin(site.id).record()
        told = notes.status or {}
        return {
            "record": record,
            "notes": notes,
            "told": told,
            "oldest_event": _moment(told.get("outbox_oldest_at")),
            "paused": site.paused or record.paused or bool(told.get("paused")),
            "open": sidecar.store.count_open_sessions(site.id),
            "visits": sidecar.store.count_sessions(site.id),
            "failures": sidecar.store.count_failures(site.id),
            "zone": report.zone(sidecar.store, site),
        }

    return pages


def _moment(told: object) -> datetime | None:
    """Read a time as WordPress told it, if it did."""
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _of_all(facts: Facts, now: datetime) -> list[Trouble]:
    return [trouble for trouble in all_troubles(facts, now) if not trouble.site]


def _telling(now: datetime) -> dict[str, object]:
    return {
        "now": now,
        "ago": lambda moment: report.ago(moment, now),
        "clock": report.clock,
        "span": report.span,
        "size": report.size,
    }
