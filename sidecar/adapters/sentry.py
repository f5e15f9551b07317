"""Error reports to Sentry, without anything that a visitor typed.

What is sent is listed here; all else is left out, whatever the library comes to collect.
"""

import builtins
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, cast

import sentry_sdk
from redis import exceptions as redis_exceptions
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.integrations.threading import ThreadingIntegration
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.transport import Transport
from sentry_sdk.types import Event, Hint

from sidecar.config import Sentry
from sidecar.domain.person import without_contacts

_AT_THE_END = 2.0
"""Seconds that a process which ends gives its last report."""

_KEPT = (
    "event_id",
    "timestamp",
    "level",
    "platform",
    "logger",
    "release",
    "environment",
    "server_name",
    "modules",
    "sdk",
)
_KEPT_OF_A_FRAME = (
    "filename",
    "abs_path",
    "module",
    "function",
    "lineno",
    "in_app",
    "pre_context",
    "context_line",
    "post_context",
)
_KEPT_OF_A_RECORD = ("site", "session", "recovery", "due", "asked", "state", "outcome")
_REDIS_IS_AWAY = (redis_exceptions.ConnectionError, redis_exceptions.TimeoutError)
_AN_ID = re.compile(r"[A-Za-z0-9_.:-]{1,160}\Z", re.ASCII)


def start_sentry(settings: Sentry, *, role: str, transport: Transport | None = None) -> None:
    """Report the errors of this process from now on, if the operator says where to."""
    if not settings.dsn:
        return
    sentry_sdk.init(
        dsn=settings.dsn,
        release=f"booking-recovery@{version('booking-recovery')}",
        transport=transport,
        before_send=_without_people,
        before_send_transaction=lambda _event, _hint: None,
        before_breadcrumb=lambda _crumb, _hint: None,
        # Errors of pages and jobs come by the log. The library's own way into Flask would take over
        # trace headers that anybody can send.
        default_integrations=False,
        integrations=[
            LoggingIntegration(level=None),
            ExcepthookIntegration(),
            ThreadingIntegration(propagate_scope=False),
            DedupeIntegration(),
        ],
        event_scrubber=EventScrubber(recursive=True),
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        propagate_traces=False,
        trace_propagation_targets=[],
        enable_logs=False,
        spotlight=False,
        debug=False,
    )
    sentry_sdk.get_global_scope().set_tag("role", role)


@contextmanager
def reporting() -> Iterator[None]:
    """Report what ends the block, and wait a moment for the report to leave."""
    try:
        yield
    except Exception as fault:
        sentry_sdk.capture_exception(fault)
        raise
    finally:
        sentry_sdk.flush(timeout=_AT_THE_END)


def _without_people(event: Event, hint: Hint) -> Event | None:
    """Return what may leave of an event: where it happened and what kind of error it is."""
    del hint
    given = cast("dict[str, Any]", event)
    kept: dict[str, Any] = {name: given[name] for name in _KEPT if name in given}
    kept["tags"] = {"role": given.get("tags", {}).get("role")}
    if runtime := given.get("contexts", {}).get("runtime"):
        kept["contexts"] = {"runtime": runtime}
    if record := given.get("logentry"):
        # The words of the program, without what was put into them.
        kept["logentry"] = {"message": without_contacts(str(record.get("message", "")))}
    kept["extra"] = _ids(given.get("extra", {}))
    if faults := given.get("exception", {}).get("values"):
        kept["exception"] = {"values": [_fault(fault) for fault in faults]}
    return cast("Event", kept)


def _ids(extra: dict[str, Any]) -> dict[str, str]:
    found = {name: str(extra[name]) for name in _KEPT_OF_A_RECORD if name in extra}
    return {name: value for name, value in found.items() if _AN_ID.match(value)}


def _fault(fault: dict[str, Any]) -> dict[str, Any]:
    told = str(fault.get("value") or "") if _speaks_for_the_system(fault) else ""
    mechanism = fault.get("mechanism") or {}
    stack = fault.get("stacktrace") or {}
    return {
        "type": fault.get("type"),
        "module": fault.get("module"),
        "value": without_contacts(told),
        "mechanism": {name: mechanism[name] for name in ("type", "handled") if name in mechanism},
        "stacktrace": {
            "frames": [
                {name: frame[name] for name in _KEPT_OF_A_FRAME if name in frame}
                for frame in stack.get("frames", [])
            ]
        },
    }


def _speaks_for_the_system(fault: dict[str, Any]) -> bool:
    """Tell whether an error's text is the system's own; others may quote what a visitor typed."""
    name, module = str(fault.get("type")), fault.get("module")
    if module in (None, "builtins"):
        kind = getattr(builtins, name, None)
        return isinstance(kind, type) and issubclass(kind, OSError)
    if module == redis_exceptions.__name__:
        kind = getattr(redis_exceptions, name, None)
        return isinstance(kind, type) and issubclass(kind, _REDIS_IS_AWAY)
    return False
