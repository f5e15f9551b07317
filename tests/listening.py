"""An HTTP server that stands where WordPress would, remembers every call, and answers as told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sidecar.domain.signature import is_genuine


@dataclass(frozen=True)
class Call:
    route: str
    body: dict[str, Any]
    headers: dict[str, str]
    raw: bytes

    def is_signed_with(self, *secrets: bytes) -> bool:
        at = float(self.headers["webhook-timestamp"])
        return is_genuine(self.raw, self.headers, secrets=secrets, now=at)


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    hangs_up: bool = False
    drips: threading.Event | None = None
    """Send a byte every tenth of a second, until this is set."""
    kept_back: int = 0
    """Bytes at the end that are promised and never sent."""


Answering = Callable[[Call], Reply]


class Listener:
    """`answer` may be replaced at any time; `calls` grows with every call."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: Answering = lambda call: Reply(body={"outcome": "sent", **call.body})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def routes(self) -> list[str]:
        return [call.route for call in self.calls]

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                route = self.path.removeprefix("/wp-json/booking-recovery/v1/")
                call = Call(route, json.loads(raw), headers, raw)
                listener.calls.append(call)
                self._reply(listener.answer(call))

            def _reply(self, reply: Reply) -> None:
                if reply.hangs_up:
                    self.close_connection = True
                    return
                content = reply.raw
                if content is None:
                    origin = {"home_url": listener.url, "outbox_id": "outbox-1"}
                    given = reply.body if isinstance(reply.body, dict) else {}
                    content = json.dumps({"origin": origin, **given}).encode()
                self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                content = content[: len(content) - reply.kept_back]
                if reply.drips is None:
                    self.wfile.write(content)
                    return
                with suppress(OSError):  # who listens has had enough
                    for byte in content:
                        self.wfile.write(bytes([byte]))
                        if reply.drips.wait(0.1):
                            return

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
                """Say nothing on the terminal."""

        return Handler


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()
    thread = threading.Thread(target=listener.serve)
    thread.start()
    try:
        yield listener
    finally:
        listener.close()
        thread.join()
