"""Whoever can write to Redis still has no code run, and no address called."""

import json
import pickle
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from rq.registry import FailedJobRegistry

from sidecar.adapters.rq_jobs import FUNCTIONS, QUEUE, OurJob, queue
from sidecar.wiring import Sidecar
from tests.listening import Listener

Work = Callable[[], None]
OURS = FUNCTIONS["status"]


class Dangerous:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.mkdir, (self._path,)


def plant(sidecar: Sidecar, job_id: str, data: bytes, **more: str) -> None:
    """Write a job straight into RQ's keys, past everything of ours."""
    told = {
        "data": data,
        "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "origin": QUEUE,
        "status": "queued",
        "timeout": "60",
        **more,
    }
    sidecar.redis.hset(OurJob.key_for(job_id), mapping=cast("Any", told))
    sidecar.redis.rpush(queue(sidecar.redis).key, job_id)


def written(function: str, *arguments: object) -> bytes:
    return json.dumps([function, None, arguments, {}]).encode()


def refused(sidecar: Sidecar) -> list[str]:
    return FailedJobRegistry(queue=queue(sidecar.redis)).get_job_ids()


def test_what_was_planted_is_refused_and_the_worker_goes_on(
    sidecar: Sidecar, work: Work, wordpress: Listener, tmp_path: Path
) -> None:
    proof = tmp_path / "proof"
    planted = {
        "system": written("os.system", f"mkdir {proof}"),
        "packed": zlib.compress(written("os.mkdir", str(proof))),
        "method": json.dumps(["mkdir", str(proof), [], {}]).encode(),
        "near": written("sidecar.worker.jobs.work_for", None),
        "deep": written("sidecar.worker.jobs.recover.__globals__", "x"),
        "pickle": pickle.dumps(("os.mkdir", None, (str(proof),), {})),
        "reduce": pickle.dumps((OURS, None, (Dangerous(proof),), {})),
        "nonsense": b"\xff\x00",
        "nothing": b"",
    }
    for job_id, data in planted.items():
        plant(sidecar, job_id, data)
    plant(sidecar, "ours", written(OURS, "salon", "salon"))

    work()

    assert not proof.exists()
    assert set(refused(sidecar)) == planted.keys()
    assert wordpress.routes() == ["status"]


@pytest.mark.parametrize("when", ["success", "failure"])
def test_nothing_is_called_after_a_job(
    sidecar: Sidecar, work: Work, wordpress: Listener, when: str
) -> None:
    """Neither a function that is named beside an allowed one, nor an address."""
    function = OURS if when == "success" else "os.system"
    after = {"url": wordpress.url + "/planted", "job_status": "finished", "method": "POST"}
    hooks = [after, {**after, "job_status": "failed"}]
    called = {f"{when}_callback_name": "tests.worker.test_planted_jobs.call_me"}

    plant(
        sidecar, "one", written(function, "salon", "salon"), webhooks=json.dumps(hooks), **called
    )
    work()

    assert CALLED == []
    assert "/planted" not in wordpress.routes()
    assert wordpress.routes() == (["status"] if when == "success" else [])
    assert refused(sidecar) == ([] if when == "success" else ["one"])


CALLED: list[object] = []


def call_me(*given: object) -> None:
    CALLED.append(given)
