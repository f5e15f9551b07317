"""`simulate`: what would have been sent under other settings."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from sidecar import report, shapes
from sidecar.cli.operating import as_json, opened, say, say_json, site_of
from sidecar.config import ConfigError, policy_for, read_settings
from sidecar.domain.policy import Policy
from sidecar.what_if import WhatIf, what_if


@click.command()
@click.option("--site", required=True, help="Whose visits are replayed.")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="KEY=VALUE",
    help="""Such as --set messages='["2h","1d"]'.""",
)
@as_json
@click.pass_obj
def simulate(
    path: Path | None, *, site: str, days: int, changes: tuple[str, ...], as_json: bool
) -> None:
    """Replay past visits under other settings.

    Tells how many messages would have gone out, and how many not and why, beside what the settings of now would
    have done. Nothing is sent and nothing is changed. What the messages would have led to cannot be known: bookings
    are taken as they were made.
    """
    sidecar = opened(path)
    where = site_of(sidecar.config, site)
    current = policy_for(where, sidecar.store.begin(where.id).record().settings)
    wanted = _changed(current, changes)
    now = sidecar.due.now()
    since = now - timedelta(days=days)
    before = what_if(sidecar.store, where, current, since, now)
    after = what_if(sidecar.store, where, wanted, since, now)
    if as_json:
        say_json({"visits": after.visits, "now": _shape(before), "then": _shape(after)})
        return
    say(f"{where.id}, {days} days, {after.visits} visits")
    for line in _table(before, after):
        say(line)


def _changed(policy: Policy, changes: tuple[str, ...]) -> Policy:
    given = {}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or key not in Policy.__dataclass_fields__:
            known = ", ".join(Policy.__dataclass_fields__)
            raise click.UsageError(f"--set takes KEY=VALUE; the keys are {known}")
        given[key] = _value(text)
    try:
        return replace(policy, **read_settings(given))
    except ConfigError as error:
        raise click.UsageError(str(error)) from None


def _value(text: str) -> Any:
    """Read what stands behind KEY=, as TOML; what is none is taken as a text without quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _table(before: WhatIf, after: WhatIf) -> Iterator[str]:
    yield f"{'':52}{'now':>8}{'then':>8}"
    yield f"{'would have gone out':52}{before.sent:8}{after.sent:8}"
    yield f"{'would still wait':52}{before.waiting:8}{after.waiting:8}"
    for reason in sorted({*before.skipped, *after.skipped}):
        why = f"not sent: {report.WHY.get(reason, reason)}"
        yield f"{why:52}{before.skipped[reason]:8}{after.skipped[reason]:8}"


def _shape(found: WhatIf) -> dict[str, Any]:
    return {
        "sent": found.sent,
        "waiting": found.waiting,
        "skipped": found.skipped,
        "messages": [
            {
                "session_id": message.session_id,
                "number": message.number,
                "at": shapes.utc(message.at),
                "reason": message.reason,
            }
            for message in found.messages
        ],
    }
