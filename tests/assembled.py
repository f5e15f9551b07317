"""A sidecar in the test's own process: real Redis, no server, no workers."""

import base64
import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from flask.testing import FlaskClient
from redis import Redis
from rq.serializers import JSONSerializer
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from sidecar.adapters.rq_jobs import OurJob, queue
from sidecar.config import parse
from sidecar.domain.signature import sign
from sidecar.web import create_app
from sidecar.wiring import Sidecar, assemble
from sidecar.worker.run import Worker

HOME = "http://127.0.0.1:8080"
PASSWORDS = {name: f"{name}'s password" for name in ("desk", "guest", "boss", "away")}
_HASHES = {
    name: generate_password_hash(password, "pbkdf2:sha256:1")
    for name, password in PASSWORDS.items()
}


def assembled(folder: Path, redis_url: str, *, home: str = HOME, recovery: str = "") -> Sidecar:
    """Wire a sidecar on an emptied Redis: `salon` is expected at `home`, `spa` anywhere.

    The store counts as filled from WordPress. Commands can be run in the folder.
    """
    Redis.from_url(redis_url).flushall()
    text = f"""
        [redis]
        url = "{redis_url}"
        [keys]
        data_dir = "{folder / "var"}"
        [recovery]
        {recovery}
        [[sites]]
        id = "salon"
        url = "{home}"
        webhook_secret = "{_secret()}"
        callback_secret = "{_secret()}"
        [[sites]]
        id = "spa"
        webhook_secret = "{_secret()}"
        callback_secret = "{_secret()}"
        [status]
        users = [
          {{name = "desk", password_hash = "{_HASHES["desk"]}", role = "support", sites = ["salon"]}},
          {{name = "guest", password_hash = "{_HASHES["guest"]}", role = "viewer", sites = ["salon"]}},
          {{name = "away", password_hash = "{_HASHES["away"]}", role = "support", sites = ["spa"]}},
          {{name = "boss", password_hash = "{_HASHES["boss"]}", role = "admin", sites = ["*"]}},
        ]
    """
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    sidecar = assemble(parse(text, path=path))
    for site in sidecar.config.sites:
        work = sidecar.store.begin(site)
        work.put_record(replace(work.record(), refilled=True))
        assert work.commit()
    return sidecar


def _secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass
class Bridge:
    """The sending side of the webhooks: numbers its events as an outbox does."""

    sidecar: Sidecar
    site: str = "salon"
    outbox_id: str = "outbox-1"
    home_url: str = HOME
    seq: int = 0
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = create_app(self.sidecar).test_client()

    def event(self, kind: str, session_id: str | None = "s1", **data: Any) -> dict[str, Any]:
        self.seq += 1
        return {
            "seq": self.seq,
            "type": kind,
            "occurred_at": utc(datetime.now(UTC)),
            "session_id": session_id,
            "data": data,
        }

    def check_in(self, home_url: str = HOME, **more: Any) -> dict[str, Any]:
        return self.event(
            "site.checked_in",
            None,
            **{
                "contract": 1,
                "home_url": home_url,
                "rest_url": f"{home_url}/wp-json/booking-recovery/v1/",
                "timezone": "Europe/Berlin",
                "delivery": "push",
                **more,
            },
        )

    def envelope(self, events: Iterable[object]) -> dict[str, Any]:
        origin = {"home_url": self.home_url, "outbox_id": self.outbox_id}
        return {"site": self.site, "origin": origin, "events": list(events)}

    def send(self, *events: object) -> TestResponse:
        return self.post(json.dumps(self.envelope(events)).encode())

    def post(
        self,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        at: float | None = None,
    ) -> TestResponse:
        """Post a body to the site's door, signed unless `headers` say otherwise."""
        site = self.sidecar.config.sites.get(self.site)
        if headers is None:
            headers = sign(
                body,
                message_id="msg_" + secrets.token_hex(8),
                timestamp=int(time.time() if at is None else at),
                secrets=site.webhook_secrets if site else [b"x" * 32],
            )
        return self.client.post(
            f"/webhooks/{self.site}",
            data=body,
            headers=dict(headers),
            content_type=content_type,
        )


def contents(sidecar: Sidecar) -> dict[bytes, bytes]:
    """What lies in Redis, beside the counters that slow a sender down."""
    redis = sidecar.redis
    return {
        key: cast("bytes", redis.dump(key)) for key in redis.scan_iter() if b"limits" not in key
    }


def work_off(redis: "Redis") -> None:
    """Run what is queued, in RQ's own worker, until the queue is empty."""
    worker = Worker([queue(redis)], connection=redis, serializer=JSONSerializer, job_class=OurJob)
    worker.work(burst=True, with_scheduler=False, logging_level=None)


def statuses(response: TestResponse) -> list[str]:
    """What became of each event of an accepted batch."""
    assert response.status_code == 202, response.text
    assert response.json is not None
    return [result["status"] for result in response.json["results"]]


def utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
