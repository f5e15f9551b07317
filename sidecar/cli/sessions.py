"""`sessions` and `show`: what happened in the visits to a site."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from sidecar import group, report, shapes
from sidecar.adapters.redis_sessions import Place, Wanted
from sidecar.cli.operating import as_json, opened, say, say_json, session_of, site_of
from sidecar.domain.person import Contact
from sidecar.domain.session import Session, State


class _Place(click.ParamType[Place]):
    name = "place"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Place:
        try:
            return Place.parse(value)
        except ValueError:
            self.fail("not what the list before ended with", param, ctx)


@click.command()
@click.argument("site")
@click.option("--state", type=click.Choice([str(state) for state in State]))
@click.option("--step", help="Only visits that ended at this step, such as date_time.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--after", type=_Place(), help="Go on where a list ended.")
@as_json
@click.pass_obj
def sessions(
    path: Path | None,
    *,
    site: str,
    state: str | None,
    step: str | None,
    limit: int,
    after: Place | None,
    as_json: bool,
) -> None:
    """List the visits to SITE, the latest first.

    Whom they belong to is masked.
    """
    sidecar = opened(path)
    where = site_of(sidecar.config, site)
    wanted = Wanted(state=State(state) if state else None, step=step)
    found, place = sidecar.sessions.page(where.id, wanted, after=after, limit=limit)
    if as_json:
        listed = [shapes.session(session, contacts=False) for session in found]
        say_json({"sessions": listed, "next": str(place) if place else None})
        return
    if not found:
        click.echo("No visits.", err=True)
    zone = report.zone(sidecar.store, where)
    for session in found:
        contact = _person(report.masked(session.contact)) if session.contact else "-"
        seen = session.last_seen.astimezone(zone)
        step_name = report.step_name(session.step)
        say(f"{seen:%Y-%m-%d %H:%M}  {session.state:9}  {step_name:16}  {session.id}  {contact}")
    if place:
        say(f"More with --after {place}")


@click.command()
@click.argument("site")
@click.argument("session")
@as_json
@click.pass_obj
def show(path: Path | None, *, site: str, session: str, as_json: bool) -> None:
    """Tell what happened in a visit, and why.

    Shows also whom it belongs to.
    """
    sidecar = opened(path)
    where = site_of(sidecar.config, site)
    found = session_of(sidecar, where, session)
    joined = group.joined(sidecar.store.begin(where.id, sessions=[found.id]), found)
    if as_json:
        say_json(shapes.session(found, contacts=True, joined=joined))
        return
    zone = report.zone(sidecar.store, where)
    for line in _story(
        found, joined, lambda moment: f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    ):
        say(line)


def _person(contact: Contact) -> str:
    name = " ".join(filter(None, (contact.first_name, contact.last_name)))
    return ", ".join(filter(None, (name, contact.email, contact.phone)))


def _story(session: Session, joined: list[str], told: Callable[[datetime], str]) -> Iterator[str]:
    yield report.headline(session, datetime.now(UTC))
    if session.is_test:
        yield "A test visit: it is counted nowhere, and forgotten after an hour."
    yield f"State:      {session.state}, {session.kind}"
    yield f"Seen:       {told(session.started_at)} to {told(session.last_seen)}"
    yield f"Contact:    {_person(session.contact) if session.contact else 'none'}"
    yield f"Chosen:     {_choices(session) or 'nothing'}"
    if joined:
        yield f"Also theirs: {', '.join(joined)}"
    for recovery in session.recoveries:
        yield f"Message {recovery.number}:  due {told(recovery.due_at)}: {report.outcome(recovery)}"
    if session.conversion is not None:
        when = told(session.conversion.appointment_starts_at)
        yield f"Won back:   {session.conversion.status}, appointment {when}"
    for entry in session.timeline:
        yield f"{told(entry.at)}  {report.sentence(entry)}"


def _choices(session: Session) -> str:
    chosen = session.selection
    named = [choice.name for choice in (chosen.service, chosen.staff, chosen.location) if choice]
    return ", ".join(filter(None, (*named, chosen.date, chosen.time)))
