"""Whatever process dies, and wherever: nothing is lost, and nothing happens twice."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

import sidecar.adapters
from tests.faults import roles
from tests.faults.crashes import HELD_UP_AT_MOST, Ending, run
from tests.faults.points import EXEMPT, IDLE, POINTS, Fault, Kind, Passing
from tests.gates import Gate
from tests.ground import clock as clocks
from tests.ground.processes import private_directory

AT_A_TIME = 6
"""Stories told side by side; each waits more than it works."""

OFTEN = 4
"""How many passings of each point are enough where there are more of the same kind."""

RQ_ITSELF = ("OurJob.perform", "Worker.dequeue_job_and_maintain_ttl")
"""Points within which RQ speaks to Redis, which it does in the same way every time."""


@pytest.fixture(scope="module")
def library() -> Iterator[Path]:
    with private_directory() as folder:
        built = clocks.built(folder)
        roles.prepare(built)
        yield built


@pytest.fixture(scope="module")
def undisturbed(library: Path) -> Ending:
    ending = run(library, None)
    assert not ending.problems
    return ending


class Found(NamedTuple):
    """What a number of faults came to; those that were not met changed nothing."""

    made: list[tuple[Fault, Ending]]
    problems: list[str]

    def count(self, word: str) -> int:
        return sum(word in problem for problem in self.problems)

    def longest(self, *, role: str) -> timedelta:
        return max(ending.held_up for fault, ending in self.made if fault.role == role)


Making = Callable[[list[Fault]], Found]


@pytest.fixture
def make(library: Path, undisturbed: Ending) -> Making:
    """Return what makes faults, each in a story of its own, and says what came of them."""

    def all_of(faults: list[Fault]) -> Found:
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            endings = list(pool.map(partial(run, library), faults))
        found = Found([], [])
        for fault, ending in zip(faults, endings, strict=True):
            if ending.was_made:
                found.made.append((fault, ending))
            found.problems.extend(
                f"{fault}: {problem}" for problem in _problems(ending, undisturbed)
            )
        met, wanted = (
            {(f.role, f.point) for f in fs} for fs in ([f for f, _ in found.made], faults)
        )
        assert met == wanted, "each point was met at least once"
        return found

    return all_of


def _problems(ending: Ending, undisturbed: Ending) -> Iterator[str]:
    yield from ending.problems
    if ending.essence:
        for name in undisturbed.essence.keys() | ending.essence.keys():
            is_, should = ending.essence.get(name), undisturbed.essence.get(name)
            if is_ != should:
                yield f"{name} ended as {is_} and not as {should}"
        if ending.held_up > HELD_UP_AT_MOST:
            yield f"held up for {ending.held_up} before {ending.held_up_before}"


def _passed(ending: Ending) -> list[Passing]:
    return [one for one in ending.trace if one.when == "before"]


def test_every_way_to_redis_and_to_wordpress_is_a_point() -> None:
    """A new one is made a point, or is exempt for a reason."""
    points = {
        f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}.{name}"
        for kind, names in POINTS.items()
        for name in names
    }
    forgotten = [
        way
        for way in _ways()
        if way not in points and not any(f"{way}.".startswith(f"{name}.") for name in EXEMPT)
    ]
    assert not forgotten
    unknown = [name for name in EXEMPT if not any(f"{w}.".startswith(f"{name}.") for w in _ways())]
    assert not unknown


def _ways() -> Iterator[str]:
    for module in pkgutil.iter_modules(sidecar.adapters.__path__):
        found = import_module(f"sidecar.adapters.{module.name}")
        for name, thing in vars(found).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != found.__name__:
                continue
            if inspect.isclass(thing):
                for method in vars(thing):
                    if not method.startswith("_") and callable(getattr(thing, method)):
                        yield f"{module.name}.{name}.{method}"
            elif inspect.isfunction(thing):
                yield f"{module.name}.{name}"


def test_killed_at_any_point_it_goes_on_where_it_was(
    make: Making, undisturbed: Ending, gate: Gate
) -> None:
    before = [Fault(p.role, Kind.KILLED_BEFORE, p.point, p.passing) for p in _passed(undisturbed)]
    found = make(before + _last_of_a_kind(undisturbed))

    assert found.problems == []
    gate(
        "R1",
        f"a process killed (SIGKILL) at each of {len(found.made)} crash points",
        holds="0 lost, 0 twice, all explained",
        figure=f"{len(found.problems)} lost, twice or unexplained",
    )
    gate(
        "R4",
        "a worker killed at each of its crash points",
        holds=f"goes on within {HELD_UP_AT_MOST.total_seconds():g} s",
        figure=f"{found.longest(role='worker').total_seconds():.0f} s at the most",
    )
    gate(
        "R5",
        "a clock killed at each of its crash points",
        holds=f"goes on within {HELD_UP_AT_MOST.total_seconds():g} s",
        figure=f"{found.longest(role='clock').total_seconds():.0f} s at the most",
    )


def _last_of_a_kind(undisturbed: Ending) -> list[Fault]:
    """The moments after a point that are not those before the next one of the same process."""
    faults = []
    for role in roles.ROLES:
        passed = [one for one in undisturbed.trace if one.role == role and one.when != IDLE]
        for one, following in zip(passed, [*passed[1:], None], strict=True):
            if one.when == "after" and (following is None or following.when != "before"):
                faults.append(Fault(role, Kind.KILLED_AFTER, one.point, one.passing))
    return faults


def test_redis_killed_at_any_point_loses_nothing(
    make: Making, undisturbed: Ending, gate: Gate
) -> None:
    passed = [one for one in _passed(undisturbed) if one.passing <= OFTEN]
    found = make([Fault(p.role, Kind.REDIS_GONE, p.point, p.passing) for p in passed])

    assert found.problems == []
    gate(
        "R1",
        f"Redis killed at each of {len(found.made)} crash points, and started again",
        holds="0 lost, 0 twice, all explained",
        figure=f"{len(found.problems)} lost, twice or unexplained",
    )


def test_a_reply_lost_at_any_point_makes_nothing_count_twice(
    make: Making, undisturbed: Ending, gate: Gate
) -> None:
    found = make(list(_lost_replies(undisturbed)))

    assert found.problems == []
    calls = sum(fault.point.startswith("WordPress.") for fault, _ in found.made)
    gate(
        "R13",
        f"the reply lost of each of {len(found.made) - calls} commands to Redis",
        holds="no double count",
        figure=f"{found.count('count')} double",
    )
    gate(
        "R1",
        f"the answer lost of each of {calls} calls to WordPress",
        holds="0 lost, 0 twice, all explained",
        figure=f"{len(found.problems)} lost, twice or unexplained",
    )


def _lost_replies(undisturbed: Ending) -> Iterator[Fault]:
    for one in undisturbed.trace:
        if one.when == "after" and one.passing <= (1 if one.point in RQ_ITSELF else OFTEN):
            # WordPress's methods speak to WordPress alone, once.
            for exchange in range(1, 1 + (one.exchanges or one.point.startswith("WordPress."))):
                yield Fault(one.role, Kind.REPLY_LOST, one.point, one.passing, exchange)
