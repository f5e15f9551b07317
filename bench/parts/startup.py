"""P12: from the start of everything, on a Redis of its own, to the first request it can take."""

import contextlib
import time
from collections.abc import Callable, Iterator

from bench.measuring import in_turn
from bench.rows import Goal, Row
from bench.serving import bare_gunicorn, wait_until_ready
from tests.ground.processes import private_directory
from tests.ground.sidecar import Sidecar

COVERS = ("P12",)
_ROUNDS = 3


def rows() -> Iterator[Row]:
    taken = in_turn({"up": _up, "bare": _bare}, rounds=_ROUNDS)
    seconds = taken["up"]
    yield Row(
        id="P12",
        name="`up` on embedded Redis, new, to ready",
        figure=seconds.median,
        unit="s",
        reference=taken["bare"].median,
        goal=Goal("<=", 3),
        goal_figure=seconds.median,
        spread=seconds.spread,
    )


def _up() -> float:
    with private_directory() as folder:
        sidecar = Sidecar(folder, site_url="http://127.0.0.1:9")
        try:
            return _seconds(lambda: _started(sidecar))
        finally:
            sidecar.stop()


def _started(sidecar: Sidecar) -> None:
    sidecar.start()
    wait_until_ready(sidecar.url)


def _bare() -> float:
    with private_directory() as folder, contextlib.ExitStack() as started:

        def start() -> None:
            _, url = started.enter_context(bare_gunicorn(folder, workers=2))
            wait_until_ready(url)

        return _seconds(start)


def _seconds(work: Callable[[], None]) -> float:
    before = time.monotonic()
    work()
    return time.monotonic() - before
