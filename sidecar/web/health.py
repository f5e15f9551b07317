"""Probes."""

from flask import Blueprint, Response, jsonify


def health() -> Blueprint:
    probes = Blueprint("health", __name__)

    @probes.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    return probes
