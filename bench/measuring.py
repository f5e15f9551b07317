"""How figures are taken: processor time of this process, and medians of runs in turn."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Runs:
    """The same figure, taken several times."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def spread(self) -> float:
        """Highest less lowest, as a share of the median."""
        return (max(self.values) - min(self.values)) / self.median if self.median else 0.0


def in_turn(measures: Mapping[str, Callable[[], float]], *, rounds: int = 5) -> dict[str, Runs]:
    """Take each figure once, then each once more, and so on: A B A B.

    What else happens on the machine so hits all alike. A first round is not counted: it warms up.
    """
    taken: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(rounds + 1):
        for name, measure in measures.items():
            value = measure()
            if number:
                taken[name].append(value)
    return {name: Runs(tuple(values)) for name, values in taken.items()}


def cpu_ms(work: Callable[[], object], *, times: int) -> float:
    """Return the processor time of this process that one call takes, in ms."""
    before = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - before) * 1000 / times
