"""A mail server that keeps what it gets."""

import contextlib
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.ground.processes import HOST, free_port
from tests.ground.waiting import PATIENCE, GaveUpError


class Mailbox:
    """Everything that was sent to anyone, in the order of arrival."""

    def __init__(self) -> None:
        self.port = free_port()
        self.letters: list[tuple[list[str], EmailMessage]] = []
        self._arrival = threading.Condition()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        with self._arrival:
            self.letters.append((envelope.rcpt_tos, letter))
            self._arrival.notify_all()
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for people, letter in list(self.letters) if address in people]

    def wait_for(self, address: str, *, number: int = 1) -> EmailMessage:
        """Return message `number` to `address`, counted from 1."""
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self.to(address)) >= number, PATIENCE):
                msg = f"no mail {number} to {address} within {PATIENCE:g} s; {len(self.letters)} in all"
                raise GaveUpError(msg)
            return self.to(address)[number - 1]


@contextlib.contextmanager
def started() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname=HOST, port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
