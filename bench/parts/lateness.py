"""P5: how late messages go out while all is at rest, and whether any is early."""

from collections.abc import Iterator
from datetime import timedelta
from statistics import median, quantiles

from bench import sites
from bench.fleet import Late, standing
from bench.rows import Goal, Row
from tests.ground.processes import private_directory

COVERS = ("P5",)

SITES = 10
RECOVERIES = 200
APART = timedelta(seconds=0.05)


def rows() -> Iterator[Row]:
    found = _late()
    late = [one.sent for one in found]
    p99 = quantiles(late, n=100)[-1]
    name = f"lateness of {len(late)} messages at rest"
    yield Row(id="P5.p50", name=f"{name}, half of them", figure=median(late), unit="s")
    yield Row(
        id="P5.p99",
        name=f"{name}, 99 of 100",
        figure=p99,
        unit="s",
        goal=Goal("<=", 0.3),
        goal_figure=p99,
    )
    early = sum(one.handed < 0 for one in found) / len(found)
    yield Row(
        id="P5.early",
        name=f"share of {len(late)} messages that were early",
        figure=early,
        unit="",
        goal=Goal("<=", 0),
        goal_figure=early,
    )


def _late() -> list[Late]:
    with private_directory() as folder, sites.answering(folder) as address:
        urls = {f"s{number}": f"{address}/s{number}" for number in range(SITES)}
        with standing(urls) as fleet, fleet.up("worker"):
            fleet.wait_for_rest()
            visits = [(f"s{number % SITES}", f"v{number}") for number in range(RECOVERIES)]
            ahead = fleet.time_to_leave(RECOVERIES)
            first = fleet.sidecar.due.now() + ahead
            fleet.leave({visit: first + number * APART for number, visit in enumerate(visits)})
            assert fleet.sidecar.due.now() < first, "writing the visits took too long"
            fleet.wait_for_sent(visits)
            return fleet.late(visits)
