"""Alerts to the operator: by e-mail, by a webhook, or both."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import requests

from sidecar.config import Alerts, Tls
from sidecar.domain.errors import RetryLater

WITHIN = 10.0
"""Seconds for each answer of a mail server or of whoever takes the webhook."""


class Alerter:
    def __init__(self, alerts: Alerts, http: requests.Session) -> None:
        self._alerts = alerts
        self._http = http

    def send(self, subject: str, text: str) -> list[str]:
        """Tell people by every way that is configured; returns what went wrong with some.

        Raises RetryLater where nobody was told.
        """
        ways = []
        if self._alerts.host:
            ways.append(self._mail)
        if self._alerts.webhook:
            ways.append(self._post)
        faults = []
        for way in ways:
            try:
                way(subject, text)
            except (OSError, smtplib.SMTPException, requests.RequestException) as fault:
                faults.append(_told(way.__name__, fault))
        if len(faults) == len(ways):
            raise RetryLater("; ".join(faults))
        return faults

    def look(self) -> None:
        """Log in to the mail server and send nothing. Raises RetryLater."""
        try:
            with self._server() as server:
                server.noop()
        except (OSError, smtplib.SMTPException) as fault:
            raise RetryLater(_told("_mail", fault)) from fault

    def _mail(self, subject: str, text: str) -> None:
        letter = EmailMessage()
        letter["Subject"], letter["From"] = subject, self._alerts.sender
        letter["To"] = ", ".join(self._alerts.to)
        letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(domain="booking-recovery")
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text)
        with self._server() as server:
            server.send_message(letter)

    @contextmanager
    def _server(self) -> Iterator[smtplib.SMTP]:
        alerts, context = self._alerts, ssl.create_default_context()
        if alerts.tls is Tls.TLS:
            made: smtplib.SMTP = smtplib.SMTP_SSL(
                alerts.host, alerts.port, timeout=WITHIN, context=context
            )
        else:
            made = smtplib.SMTP(alerts.host, alerts.port, timeout=WITHIN)
        with made as server:
            if alerts.tls is Tls.STARTTLS:
                server.starttls(context=context)
            if alerts.user:
                server.login(alerts.user, alerts.password)
            yield server

    def _post(self, subject: str, text: str) -> None:
        # The key that chat services show; what else comes in is theirs to ignore.
        answer = self._http.post(
            self._alerts.webhook,
            json={"text": f"{subject}\n{text}"},
            timeout=WITHIN,
            allow_redirects=False,
        )
        if not answer.ok or answer.is_redirect:
            raise requests.HTTPError(f"it answered {answer.status_code}")


_WAYS = {"_mail": "the mail server", "_post": "the webhook"}


def _told(way: str, fault: Exception) -> str:
    """Say what went wrong without an address, which may hold a secret or name a person."""
    if isinstance(fault, smtplib.SMTPResponseException):
        why = f"it answered {fault.smtp_code}"
    elif isinstance(fault, requests.HTTPError):
        why = str(fault)
    else:
        why = type(fault).__name__
    return f"{_WAYS[way]}: {why}"
