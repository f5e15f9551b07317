"""Events that come five times each, shuffled and days late leave what they leave in order and once."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from tests.gates import Gate
from tests.worker.test_any_order import Deliveries

EXAMPLES, STEPS = 12, 20
TIMES = 5
LATE = timedelta(days=3)
BATCH = 40


class LateDeliveries(Deliveries):
    """`salon` is told in order and once, `spa` anyhow and five times, both days afterwards."""

    told = 0

    @rule(random=st.randoms(use_true_random=False))
    def the_clock_ticks(self, random: Any) -> None:
        if self.pending:
            self.now += LATE
            self.deliver("salon", [self.pending])
            shuffled = self.pending * TIMES
            random.shuffle(shuffled)
            self.deliver("spa", [shuffled[n : n + BATCH] for n in range(0, len(shuffled), BATCH)])
            LateDeliveries.told += len(shuffled)
            self.pending = []
        for site in self.sites:
            self.tick(site)
        self.compare()


def test_they_end_in_the_same_state(redis_url: str, gate: Gate) -> None:
    LateDeliveries.redis_url = redis_url
    run_state_machine_as_test(
        LateDeliveries,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert LateDeliveries.told > EXAMPLES * TIMES
    gate(
        "R12",
        f"every event {TIMES} times, shuffled, {LATE.days} days late",
        holds="the same visits, messages and counts as in order and once",
        figure=f"{LateDeliveries.told} deliveries in {EXAMPLES} random stories, 0 differences",
    )
