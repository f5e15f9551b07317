"""What the commands ask of the parts around them; nothing here waits longer than a second."""

import http.client
import os
import socket

import redis

from sidecar.adapters.redis_connection import connect_for_probes
from sidecar.config import Config, ConfigError, Server


def redis_trouble(config: Config) -> str:
    """Return why Redis does not answer, or "" if it does."""
    try:
        with connect_for_probes(config) as asked:
            asked.ping()
    except (redis.RedisError, ValueError, TypeError) as error:
        return str(error) or type(error).__name__
    return ""


def web_answers(server: Server) -> bool:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def refuse_taken_port(server: Server) -> None:
    """Raise ConfigError if nobody can listen where the web server shall."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        socket.create_server((server.host, server.port), family=family).close()
    except OSError as error:
        # An unknown host has no error number of the system, only a text.
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise ConfigError(
            f"cannot listen on {server.host}, port {server.port}: {why}; "
            "choose another [server] port or host"
        ) from None
