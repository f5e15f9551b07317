"""What messages bring: a page of it, a file for spreadsheets, and what other settings would do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from marshmallow import ValidationError

from sidecar import report, shapes
from sidecar.config import ConfigError, Site, policy_for, read_settings
from sidecar.config.choices import written
from sidecar.domain.policy import Policy
from sidecar.domain.tally import By
from sidecar.results import DEFINITIONS, Bookings, Results
from sidecar.web.access import ask_for_log_in, site_or_404
from sidecar.web.api import results_asked
from sidecar.web.downloads import table
from sidecar.what_if import WhatIf, what_if
from sidecar.wiring import Sidecar

MOST_BARS = 62
"""Days that a chart shows one by one; of a longer range it shows weeks."""

MOST_REPLAYED = 1000
"""Visits that one look at other settings replays: a matter of a second, however many there are."""

TRIED = (
    "abandon_after",
    "unpaid_after",
    "messages",
    "min_gap",
    "quiet_hours",
    "slot_lead_time",
    "contact_cooldown",
    "cap_per_30_days",
    "consent",
)
"""The keys of [recovery] that can be tried out; those left out change nothing for past visits."""


@dataclass(frozen=True, slots=True)
class Share:
    """A row with its part of a whole, to be drawn and to be read."""

    title: str
    number: int
    whole: int

    @property
    def percent(self) -> str:
        return f"{self.number / self.whole * 100:.0f} %" if self.whole else ""


def reporting(sidecar: Sidecar) -> Blueprint:
    pages = Blueprint("reporting", __name__)
    pages.before_request(ask_for_log_in)

    @pages.get("/sites/<site_id>/report")
    def page(site_id: str) -> str | tuple[str, int]:
        site = site_or_404(sidecar, site_id)
        today = datetime.now(report.zone(sidecar.store, site)).date()
        given = {name: value for name, value in request.args.to_dict().items() if value}
        try:
            found, fault = results_asked(sidecar, site, given or _usual(today)), None
        except ValidationError as wrong:
            found, fault = (
                results_asked(sidecar, site, _usual(today)),
                report.wrong_range(wrong.messages_dict),
            )
        shown = render_template(
            "report.html",
            site=site,
            found=found,
            fault=fault,
            bars=_bars(_both(sidecar, site, found)),
            way=_way(found),
            left_at=_left_at(found),
            phoned=_phoned(found),
            services=sidecar.store.services(site.id),
            attributed=report.ATTRIBUTED,
            definitions=[(title, DEFINITIONS[name]) for name, title in report.FIGURES.items()],
            worth=_worth,
            ranges=_ranges(today),
        )
        return (shown, 400) if fault else shown

    @pages.get("/sites/<site_id>/report.csv")
    def file(site_id: str) -> Response:
        site = site_or_404(sidecar, site_id)
        try:
            found = results_asked(sidecar, site, request.args.to_dict())
        except ValidationError as wrong:
            abort(400, report.wrong_range(wrong.messages_dict))
        rows = _rows(found, sidecar.store.services(site.id))
        name = f"{site.id}-{found.by}-{found.first}-{found.last}.csv"
        return table(name, ("count", "of", "number", "amount", "currency"), rows)

    @pages.get("/sites/<site_id>/what-if")
    def look_at_other_settings(site_id: str) -> str | tuple[str, int]:
        site = site_or_404(sidecar, site_id)
        current = policy_for(site, sidecar.store.begin(site.id).record().settings)
        now = written(current)
        given = {key: request.args.get(key, _typed(now[key])).strip() for key in TRIED}
        days = min(max(request.args.get("days", 30, type=int), 1), 366)
        looked: tuple[WhatIf, WhatIf] | None = None
        fault = None
        if request.args:
            try:
                looked = _looked(sidecar, site, current, _changed(current, given), days)
            except ConfigError as wrong:
                fault = str(wrong)
        shown = render_template(
            "what-if.html",
            site=site,
            days=days,
            given=given,
            words=report.CHOICES,
            looked=looked,
            reasons=_reasons(looked),
            why=report.WHY,
            fault=fault,
            at_most=MOST_REPLAYED,
        )
        return (shown, 400) if fault else shown

    return pages


def _both(sidecar: Sidecar, site: Site, found: Results) -> dict[By, Results]:
    """The same range by both calendars."""
    asked = {"from": found.first.isoformat(), "to": found.last.isoformat()}
    return {
        by: found if by is found.by else results_asked(sidecar, site, {**asked, "by": by})
        for by in (By.APPOINTMENT_DATE, By.CONVERSION_DATE)
    }


def _bars(both: Mapping[By, Results]) -> dict[str, list[Any]]:
    """Return the bars' first days, and how many bookings were won back in each, by calendar."""
    any_of = next(iter(both.values()))
    days = [any_of.first + timedelta(days=n) for n in range((any_of.last - any_of.first).days + 1)]
    by_week = len(days) > MOST_BARS
    begins = list(dict.fromkeys(_bar(day, any_of.first, by_week=by_week) for day in days))
    return {
        "days": [day.isoformat() for day in begins],
        **{by: _heights(found, begins, by_week=by_week) for by, found in both.items()},
    }


def _bar(day: date, first: date, *, by_week: bool) -> date:
    """The first day of the bar that a day belongs to."""
    return max(first, day - timedelta(days=day.weekday())) if by_week else day


def _heights(found: Results, begins: Iterable[date], *, by_week: bool) -> list[int]:
    heights = dict.fromkeys(begins, 0)
    for day, counted in found.days.items():
        heights[_bar(day, found.first, by_week=by_week)] += counted.bookings
    return list(heights.values())


def _way(found: Results) -> list[Share]:
    """How far visitors came who left, from all of them to those won back."""
    visits = found.visits
    steps = (
        ("visits began", visits.visits),
        ("were left without finishing", visits.abandoned),
        ("could be written to", visits.eligible),
        ("had a message", visits.messaged),
        ("were won back", visits.won),
    )
    return [Share(title, number, visits.visits) for title, number in steps]


def _phoned(found: Results) -> list[Share]:
    """What came of the calls that staff made; they count beside the messages."""
    calls = found.visits.phoned
    whole = sum(calls.values())
    return [Share(report.PHONED[how], number, whole) for how, number in calls.items() if number]


def _left_at(found: Results) -> list[Share]:
    whole = sum(found.visits.left_at.values())
    by_number = sorted(found.visits.left_at.items(), key=lambda pair: -pair[1])
    return [Share(report.step_name(step), number, whole) for step, number in by_number]


def _worth(counted: Bookings) -> list[tuple[str, str]]:
    """Amounts with their currencies."""
    return [(each["amount"], each["currency"]) for each in shapes.bookings(counted)["value"]]


def _usual(today: date) -> dict[str, str]:
    """A month back, and a month ahead: most appointments won back are still to come."""
    month = timedelta(days=30)
    return {"from": (today - month).isoformat(), "to": (today + month).isoformat()}


def _ranges(today: date) -> list[tuple[str, date, date]]:
    """Ranges that are often wanted, with their names."""
    this_month = today.replace(day=1)
    last_month = (this_month - timedelta(days=1)).replace(day=1)
    return [
        ("last 7 days", today - timedelta(days=6), today),
        ("last 30 days", today - timedelta(days=29), today),
        ("last month", last_month, this_month - timedelta(days=1)),
        ("last 12 months", today - timedelta(days=365), today),
        ("next 30 days", today, today + timedelta(days=29)),
    ]


_Row = tuple[str, str, int | str, str, str]


def _rows(found: Results, services: Mapping[int, str]) -> Iterator[_Row]:
    yield from _money("won", "all", found.won)
    yield from _money("reversed", "all", found.reversed)
    yield from _money("spontaneous", "all", found.spontaneous)
    for kind, counted in found.won_by.items():
        yield from _money("won by attribution", kind, counted)
    for day, counted in sorted(found.days.items()):
        yield from _money(f"won by {found.by}", day.isoformat(), counted)
    for number, part in found.services.items():
        yield from _money("won by service", services.get(number, str(number)), part.won)
    for number, part in found.messages.items():
        yield from _money("won by message", str(number), part.won)
    for row in _way(found):
        yield ("visits", row.title, row.number, "", "")
    for row in _phoned(found):
        yield ("called by staff", row.title, row.number, "", "")
    for row in _left_at(found):
        yield ("left at step", row.title, row.number, "", "")


def _money(count: str, of: str, counted: Bookings) -> Iterator[_Row]:
    """A line for each currency; the number stands in the first alone, so that it can be added up."""
    first, *others = _worth(counted) or [("", "")]
    yield (count, of, counted.bookings, *first)
    for amount, currency in others:
        yield (count, of, "", amount, currency)


def _typed(value: object) -> str:
    """A choice as it is typed into a field."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _changed(policy: Policy, given: Mapping[str, str]) -> Policy:
    """Raises ConfigError where a value is none."""
    chosen: dict[str, Any] = dict(given)
    chosen["messages"] = [each.strip() for each in given["messages"].split(",") if each.strip()]
    chosen["cap_per_30_days"] = _number(given["cap_per_30_days"])
    return replace(policy, **read_settings(chosen))


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def _looked(
    sidecar: Sidecar, site: Site, current: Policy, wanted: Policy, days: int
) -> tuple[WhatIf, WhatIf]:
    now = sidecar.due.now()
    since = now - timedelta(days=days)
    before, after = (
        what_if(sidecar.store, site, policy, since, now, at_most=MOST_REPLAYED)
        for policy in (current, wanted)
    )
    return before, after


def _reasons(looked: tuple[WhatIf, WhatIf] | None) -> list[str]:
    return sorted({reason for each in looked or () for reason in each.skipped})
