"""Booking sites that answer the sidecar's calls: `python -m bench.sites PORT`, in a process of its own.

At `/NAME` lies a site of that name. All answer at once, but those that are called `slow…`.
"""

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from tests.ground.processes import HOST, free_port, running

SLOW = 10.0
"""Seconds that a slow site takes for an answer."""


@contextlib.contextmanager
def answering(folder: Path) -> Iterator[str]:
    """Have the sites answer; yields the address below which all of them lie."""
    port = free_port()
    argv = [sys.executable, "-m", "bench.sites", str(port)]
    with running(argv, log=folder / "sites.log", at=(HOST, port), cwd=Path(__file__).parents[1]):
        yield f"http://{HOST}:{port}"


@contextlib.contextmanager
def dead() -> Iterator[str]:
    """Yield the address of a host that answers no attempt to connect, as one that is switched off."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server((HOST, 0), backlog=0))
        for _ in range(8):  # whoever comes when the line is full hears nothing
            waiting = sockets.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield "http://{}:{}".format(*listener.getsockname())


class _Site(asyncio.Protocol):
    def __init__(self, home: str) -> None:
        self._home = home
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self._heard = b""
        path = head.split(b" ", 2)[1].decode()
        _, name, _, _, _, route = path.split("/", 5)
        answer = json.dumps(
            {
                "origin": {"home_url": f"{self._home}/{name}", "outbox_id": "outbox-1"},
                **_told(route, json.loads(body)),
            }
        ).encode()
        loop = asyncio.get_running_loop()
        loop.call_later(SLOW if name.startswith("slow") else 0, self._say, answer)

    def _say(self, answer: bytes) -> None:
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
            % (len(answer), answer)
        )


def _length(head: bytes) -> int:
    fields = dict(line.lower().split(b":", 1) for line in head.splitlines()[1:])
    return int(fields[b"content-length"])


def _told(route: str, asked: dict[str, Any]) -> dict[str, Any]:
    if route.startswith("recoveries"):
        return {"recovery_id": asked["recovery_id"], "outcome": "sent", "repeated": False}
    return {
        "outbox": {"events": [], "last_seq": 0, "has_more": False},
        "suppressions": {"entries": [], "has_more": False},
        "status": {"time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "booknetic_ready": True},
    }.get(route, {"outcome": "done"})


async def _serve(port: int) -> None:
    home = f"http://{HOST}:{port}"
    server = await asyncio.get_running_loop().create_server(lambda: _Site(home), HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
