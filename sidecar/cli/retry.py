"""`retry`: what failed for good, and once more."""

from pathlib import Path

import click

from sidecar import recover, report, shapes
from sidecar.cli.operating import as_json, opened, say, say_json, session_of, site_of
from sidecar.config import Site
from sidecar.domain.decision import may_retry
from sidecar.domain.person import without_contacts
from sidecar.domain.recovery import recovery_id
from sidecar.wiring import Sidecar

LISTED = 1000
"""Messages that are shown, or tried again, at one time."""


@click.command()
@click.argument("site")
@click.argument("recovery", required=False)
@click.option("--all", "every", is_flag=True, help="Try all again that failed and may be.")
@as_json
@click.pass_obj
def retry(
    path: Path | None, *, site: str, recovery: str | None, every: bool, as_json: bool
) -> None:
    """Send a message again that reached nobody.

    RECOVERY is its id, such as SESSION.1. Every check is made anew. A message that may have reached somebody is never
    sent again. Without RECOVERY tells which messages failed for good, and why.
    """
    sidecar = opened(path)
    where = site_of(sidecar.config, site)
    if recovery is not None and every:
        raise click.UsageError("either RECOVERY or --all")
    if recovery is not None:
        session_of(sidecar, where, recovery.rpartition(".")[0])
        recover.retry(sidecar.store, where, recovery, sidecar.due.now())
        click.echo(f"{recovery} is due again; every check is made anew.")
    elif every:
        tried = recover.retry_all(sidecar.store, where, LISTED, sidecar.due.now())
        click.echo(f"Due again: {tried}; every check is made anew.")
    else:
        _list(sidecar, where, as_json=as_json)


def _list(sidecar: Sidecar, site: Site, *, as_json: bool) -> None:
    failed = sidecar.store.failures(site.id, LISTED)
    if as_json:
        say_json({"failures": [shapes.recovery(*one, contacts=False) for one in failed]})
        return
    zone = report.zone(sidecar.store, site)
    for session, recovery in failed:
        at = f"{recovery.due_at.astimezone(zone):%Y-%m-%d %H:%M}"
        ended = without_contacts(report.outcome(recovery))
        again = "" if may_retry(recovery) else " (cannot be tried again)"
        say(f"{at}  {recovery_id(session.id, recovery.number)}  {ended}{again}")
    if not failed:
        say("No message has failed for good.")
