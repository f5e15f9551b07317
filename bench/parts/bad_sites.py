"""P7: what the messages of healthy sites lose where two of fifty are dead or slow."""

from collections.abc import Iterator
from datetime import timedelta
from statistics import quantiles

from bench import sites
from bench.fleet import standing
from bench.measuring import Runs
from bench.rows import Goal, Row
from tests.ground.processes import private_directory

COVERS = ("P7",)

GOOD = [f"s{number}" for number in range(48)]
DEAD, SLOW = "dead", "slow"
PAIRS = 2
EACH = 5
OF_A_BAD_ONE = 20
WITHIN = timedelta(seconds=10)


def rows() -> Iterator[Row]:
    pairs = [(_p95(bad=True), _p95(bad=False)) for _ in range(PAIRS)]
    bad, good = (Runs(times) for times in zip(*pairs, strict=True))
    yield Row(
        id="P7",
        name="lateness of 95 of 100 messages of 48 sites, beside a dead one and one that takes "
        f"{sites.SLOW:g} s; reference: without these two",
        figure=bad.median,
        unit="s",
        reference=good.median,
        goal=Goal("<=", 1.2),
        goal_figure=bad.median / good.median,
        spread=bad.spread,
    )


def _p95(*, bad: bool) -> float:
    with private_directory() as folder, sites.answering(folder) as address, sites.dead() as dead:
        urls = {name: f"{address}/{name}" for name in GOOD}
        if bad:
            urls |= {DEAD: dead, SLOW: f"{address}/{SLOW}"}
        with standing(urls) as fleet, fleet.up("worker"):
            fleet.wait_for_rest(GOOD)
            ahead = fleet.time_to_leave(len(GOOD) * EACH + 2 * OF_A_BAD_ONE)
            first = fleet.sidecar.due.now() + ahead
            due = {
                (site, f"v{number}"): first + WITHIN * ((number + place / len(urls)) / EACH)
                for place, site in enumerate(GOOD)
                for number in range(EACH)
            }
            due |= {
                (site, f"v{number}"): first + WITHIN * (number / OF_A_BAD_ONE)
                for site in urls
                if site not in GOOD
                for number in range(OF_A_BAD_ONE)
            }
            fleet.leave(due)
            assert fleet.sidecar.due.now() < first, "writing the visits took too long"
            of_the_good = [visit for visit in due if visit[0] in GOOD]
            fleet.wait_for_sent(of_the_good)
            return quantiles([late.sent for late in fleet.late(of_the_good)], n=20)[-1]
