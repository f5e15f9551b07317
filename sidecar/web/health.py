"""Probes: whether the process serves, and whether the parts behind it do."""

from flask import Blueprint, Response, jsonify
from redis.exceptions import RedisError

from sidecar.adapters.heartbeats import Heartbeats
from sidecar.adapters.redis_connection import connect_for_probes
from sidecar.wiring import Sidecar

_NEEDED = ("worker", "clock")


def health(sidecar: Sidecar) -> Blueprint:
    probes = Blueprint("health", __name__)
    heartbeats = Heartbeats(connect_for_probes(sidecar.config))

    @probes.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @probes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        try:
            alive = heartbeats.alive()
        except RedisError:
            parts = {"redis": "failing", **dict.fromkeys(_NEEDED, "unknown")}
            return jsonify(status="failing", parts=parts), 503
        parts = {role: "ok" if alive[role] else "missing" for role in _NEEDED}
        # Webhooks are taken in also while nobody works on them, so this is no reason to send
        # them elsewhere.
        status = "ok" if all(alive[role] for role in _NEEDED) else "degraded"
        return jsonify(status=status, parts={"redis": "ok", **parts}), 200

    return probes
