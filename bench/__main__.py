"""`python -m bench` measures everything; `python -m bench PART...` some parts."""

import subprocess
import sys
from datetime import UTC, datetime

import click

from bench import parts
from bench.rows import README, RESULTS, merge, quoted, table
from tests.ground.documents import write_between


@click.command()
@click.argument("names", metavar="[PART]...", nargs=-1, type=click.Choice(parts.names()))
def main(names: tuple[str, ...]) -> None:
    """Measure, write bench/results.json anew for what was measured, and print it as a table.

    Where all was measured, the README quotes it.
    """
    wanted = names or tuple(parts.names())
    if len(wanted) == 1:
        _measure(wanted[0])
    else:
        failed = [name for name in wanted if not _measured_apart(name)]
        if failed:
            raise click.ClickException(f"not measured: {', '.join(failed)}")
        click.echo(table(RESULTS))
        write_between(README, "measured", quoted(RESULTS))


def _measure(name: str) -> None:
    part = parts.part(name)
    click.echo(f"Measuring {name}", err=True)
    found = list(part.rows())
    merge(found, part.COVERS, path=RESULTS, now=datetime.now(UTC))
    click.echo(table(RESULTS))


def _measured_apart(name: str) -> bool:
    """Measure a part in a process of its own: what one leaves in memory shall slow no other."""
    done = subprocess.run(  # noqa: S603 -- our own words
        [sys.executable, "-m", "bench", name], stdout=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0


if __name__ == "__main__":
    main()
