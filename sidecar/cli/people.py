"""`forget` and `opt-out`: what a person may ask for.

Whom it is about is read from standard input: a command line stays in the shell's history and
is seen by everybody on the machine.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from sidecar import people
from sidecar.cli.operating import opened, site_of
from sidecar.config import Site
from sidecar.domain.person import normalise_email, normalise_phone
from sidecar.wiring import Sidecar


@dataclass(frozen=True, slots=True)
class _Person:
    email: str | None
    phone: str | None


@click.command()
@click.argument("site")
@click.pass_obj
def forget(path: Path | None, site: str) -> None:
    """Erase people, and never message them again.

    Here and in the bridge. Reads one e-mail address or phone number a line from standard input.
    """

    def erase(sidecar: Sidecar, site: Site, person: _Person) -> int:
        now = sidecar.due.now()
        return people.forget(sidecar.store, site, email=person.email, phone=person.phone, now=now)

    _for_each(path, site, erase, "Forgotten")


@click.command("opt-out")
@click.argument("site")
@click.option("--undo", is_flag=True, help="Let them be messaged again.")
@click.pass_obj
def opt_out(path: Path | None, site: str, *, undo: bool) -> None:
    """Never message people again.

    Here and in the bridge. Reads one e-mail address or phone number a line from standard input:
    to import a list, booking-recovery opt-out SITE < FILE.
    """

    def stop(sidecar: Sidecar, site: Site, person: _Person) -> int:
        now = sidecar.due.now()
        return people.opt_out(
            sidecar.store, site, email=person.email, phone=person.phone, via="import", now=now
        )

    def allow(sidecar: Sidecar, site: Site, person: _Person) -> int:
        now = sidecar.due.now()
        return people.allow(
            sidecar.store, site, email=person.email, phone=person.phone, via="admin", now=now
        )

    if undo:
        _for_each(path, site, allow, "Allowed")
    else:
        _for_each(path, site, stop, "Opted out")


def _for_each(
    path: Path | None, name: str, act: Callable[[Sidecar, Site, _Person], int], done: str
) -> None:
    sidecar = opened(path)
    site = site_of(sidecar.config, name)
    named = _read()
    touched = sum(act(sidecar, site, person) for person in named)
    click.echo(f"{done}: {len(named)}; sessions of theirs: {touched}. WordPress is told next.")


def _read() -> list[_Person]:
    """Return whom standard input names; where a line is wrong nobody, and wrong use."""
    if sys.stdin.isatty():
        click.echo("One e-mail address or phone number a line; Ctrl-D ends.", err=True)
    lines = sys.stdin.buffer.read().removeprefix(b"\xef\xbb\xbf").splitlines()
    people_ = {number: _person(line) for number, line in enumerate(lines, 1) if line.strip()}
    wrong = [str(number) for number, person in people_.items() if person is None]
    if wrong:
        # The numbers only: what stands there may be somebody's.
        raise click.UsageError(
            f"neither an e-mail address nor a phone number with its country's code (+49…) in "
            f"line {', '.join(wrong)}; nothing was done"
        )
    if not people_:
        raise click.UsageError("standard input names nobody")
    return list(dict.fromkeys(person for person in people_.values() if person))


def _person(line: bytes) -> _Person | None:
    try:
        text = line.decode().strip()
    except UnicodeDecodeError:
        return None
    if email := normalise_email(text):
        return _Person(email, None)
    phone = normalise_phone(text)
    return _Person(None, phone) if phone else None
