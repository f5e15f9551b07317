"""A short soak: everything is killed at random, and nothing is lost or doubled."""

from tests.faults.soak import soak
from tests.gates import Gate

SECONDS = 20.0


def test_nothing_is_lost_or_doubled_while_everything_is_killed(gate: Gate) -> None:
    result = soak(SECONDS, seed=12)

    assert not result.wrong, f"{result}: {result.wrong[:10]}"
    assert result.visits >= 3
    assert {"web", "worker", "clock", "redis"} <= set(result.killed), result.killed
    gate(
        "soak",
        "every process killed at random, the bridge failing now and then",
        holds="every event held, every message once, every visit explained",
        figure=result.figure,
    )
