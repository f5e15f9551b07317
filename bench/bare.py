"""The least that a request to Flask can cost: a route that answers 204 to whatever comes."""

from flask import Flask

app = Flask(__name__)


@app.post("/webhooks/<site_id>")
def nothing(site_id: str) -> tuple[str, int]:  # noqa: ARG001 -- the path of the real door
    return "", 204


@app.get("/readyz")
def ready() -> tuple[str, int]:
    return "", 200
