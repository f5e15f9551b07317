"""A page that shows what was mailed, as the people it was mailed to would see it."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from flask import Flask, Response, abort, render_template, request
from markupsafe import Markup
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.ground.mail import Mailbox
from tests.ground.processes import HOST, free_port

# What a stranger has written neither runs nor loads anything; its links open in tabs of their own.
LETTERS_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)


@dataclass(frozen=True, slots=True)
class Letter:
    number: int
    to: str
    subject: str
    sent_at: datetime | None


def create_app(mailbox: Mailbox, *, book_url: str, seconds: int) -> Flask:
    app = Flask(__name__)

    @app.get("/")
    def inbox() -> str:
        return render_template(
            "inbox.html", letters=_newest_first(mailbox), book_url=book_url, seconds=seconds
        )

    @app.get("/letters")
    def letters() -> str:
        after = request.args.get("after", 0, type=int)
        return render_template("letters.html", letters=_newest_first(mailbox, after=after))

    @app.get("/letters/<int:number>")
    def letter(number: int) -> Response:
        if not 1 <= number <= len(mailbox.letters):
            abort(404)
        body = _body(mailbox.letters[number - 1][1])
        page = Response(render_template("letter.html", body=body))
        page.headers["Content-Security-Policy"] = LETTERS_POLICY
        return page

    return app


def _newest_first(mailbox: Mailbox, *, after: int = 0) -> list[Letter]:
    numbered = list(enumerate(list(mailbox.letters), start=1))
    return [
        Letter(number, ", ".join(people), letter["subject"] or "", _sent_at(letter))
        for number, (people, letter) in reversed(numbered)
        if number > after
    ]


def _sent_at(letter: EmailMessage) -> datetime | None:
    date = letter["date"]
    return None if date is None else date.datetime


def _body(letter: EmailMessage) -> str | Markup:
    """Return HTML as it is; a plain text is escaped by the template."""
    part = letter.get_body(("html", "plain"))
    if part is None:
        return ""
    text: str = part.get_content()
    # It is shown in a sandbox, see LETTERS_POLICY.
    return Markup(text) if part.get_content_subtype() == "html" else text  # noqa: S704


class _Silent(WSGIRequestHandler):
    """Its lines would bury the addresses."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@contextlib.contextmanager
def served(mailbox: Mailbox, *, book_url: str, seconds: int) -> Iterator[str]:
    """Serve the page; yields its address."""
    port = free_port()
    app = create_app(mailbox, book_url=book_url, seconds=seconds)
    server = make_server(HOST, port, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
