"""The production server: gunicorn, configured in one place."""

from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from sidecar.adapters.sentry import start_sentry
from sidecar.config import Config
from sidecar.watch import keep_watch
from sidecar.web import create_app
from sidecar.wiring import assemble

THREADS = 4
"""Requests that one web worker serves at a time; they wait for Redis, not for the processor."""


class _Log(Logger):
    """gunicorn's records, through our own handler: in our format, without quoted errors."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class _Server(BaseApplication):
    def __init__(self, config: Config) -> None:
        self._config = config
        super().__init__()

    def load_config(self) -> None:
        server = self._config.server
        host = f"[{server.host}]" if ":" in server.host else server.host
        settings: dict[str, Any] = {
            "bind": [f"{host}:{server.port}"],
            "workers": server.web_workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "keepalive": 5,
            "timeout": 30,
            "graceful_timeout": 10,
            "logger_class": _Log,
            "loglevel": "warning",
            "proc_name": "booking-recovery-web",
            # It would lie in the home folder, which a service's user may not have.
            "control_socket_disable": True,
            # Who is trusted to name the visitor's address is decided by `trusted_proxies`.
            "forwarded_allow_ips": "",
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        # After the fork: each worker has connections of its own.
        start_sentry(self._config.sentry, role="web")
        sidecar = assemble(self._config)
        keep_watch(sidecar)
        return create_app(sidecar)


def serve(config: Config) -> None:
    """Serve until told to stop."""
    _Server(config).run()
