"""How every process of the sidecar logs: to standard error, one record a line."""

import json
import logging
import traceback
from datetime import UTC, datetime

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from sidecar.config import Log, LogFormat

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Errors whose texts are the system's own words. Others may quote what a visitor typed.
_SPEAKABLE = (OSError, RedisConnectionError, RedisTimeoutError)


def start_logging(settings: Log, *, role: str) -> None:
    """Send this process's records to standard error under the name of its role."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json(role) if settings.format is LogFormat.JSON else _Text(role))
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)


class _Line(logging.Formatter):
    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def _fields(self, record: logging.LogRecord) -> dict[str, object]:
        at = datetime.fromtimestamp(record.created, UTC)
        return {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "role": self._role,
            "logger": record.name,
            "message": record.getMessage(),
        }


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


class _Text(_Line):
    def format(self, record: logging.LogRecord) -> str:
        line = "{at} {level} {role} {logger}: {message}".format(**self._fields(record))
        for key, value in _extras(record).items():
            line += f" {key}={value}"
        line = line.replace("\r", "\\r").replace("\n", "\\n")
        return f"{line}\n{_story(record)}" if record.exc_info else line


class _Json(_Line):
    def format(self, record: logging.LogRecord) -> str:
        fields = self._fields(record) | _extras(record)
        if record.exc_info:
            fields["exception"] = _story(record)
        return json.dumps(fields, default=str, ensure_ascii=False)


def _story(record: logging.LogRecord) -> str:
    """Tell where an error came from, without quoting contact data."""
    error = record.exc_info[1] if record.exc_info else None
    lines: list[str] = []
    while error is not None:
        text = f": {error}" if isinstance(error, _SPEAKABLE) else ""
        told = [*traceback.format_tb(error.__traceback__), type(error).__qualname__ + text + "\n"]
        lines = [*told, *lines]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join(lines).rstrip("\n")
