"""The Flask application."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, cast

from flask import Flask, Response, render_template, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from redis.exceptions import RedisError
from secure import Secure
from secure.headers import (
    CacheControl,
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    ReferrerPolicy,
    StrictTransportSecurity,
    XContentTypeOptions,
)
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from sidecar.adapters import redis_keys
from sidecar.adapters.schema import NewerData
from sidecar.web.access import Gate, access, log_ins
from sidecar.web.api import api
from sidecar.web.assets import keep_static_files
from sidecar.web.bridge import bridge
from sidecar.web.deeds import deeds, note_deeds
from sidecar.web.health import health
from sidecar.web.listing import listing
from sidecar.web.live import live
from sidecar.web.metrics import metrics
from sidecar.web.overview import overview
from sidecar.web.problems import from_http, problem
from sidecar.web.reporting import reporting
from sidecar.web.status import status
from sidecar.web.steering import steering
from sidecar.web.webhooks import STORE_PAUSE, webhooks
from sidecar.wiring import Sidecar

log = logging.getLogger(__name__)

LOGGED_IN_FOR = timedelta(hours=8)
LARGEST_FORM = 64 * 1024

FOR_MACHINES = ("/webhooks/", "/bridge/", "/api/", "/metrics", "/readyz", "/healthz")
"""How the paths begin that docs/openapi.yaml describes; all others are pages and what they load."""


def create_app(sidecar: Sidecar) -> Flask:
    """Return the application: the webhooks' door, the probes and the status pages."""
    app = _pages(sidecar)
    app.wsgi_app = _parted(door(sidecar), app)  # type: ignore[method-assign,assignment]  # Flask documents it
    hops = sidecar.config.server.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # as well
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    return app


def door(sidecar: Sidecar) -> Flask:
    """Return what takes in webhooks.

    Pages have log-ins, forms and limits, which add their work to every request: it would be a
    fifth of what a webhook costs.
    """
    app = Flask(__name__, static_folder=None)
    # Else such an address is mended by a redirect to whatever host the request names.
    app.url_map.merge_slashes = False
    app.register_blueprint(webhooks(sidecar))
    _answer_errors(app)
    _send_headers(app, behind_tls=_is_behind_tls(sidecar))
    return app


def _parted(door: Flask, pages: Flask) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    """Return a WSGI application that hands webhooks to the door, and all else to the pages."""
    others = pages.wsgi_app

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        is_webhook = environ.get("PATH_INFO", "").startswith("/webhooks/")
        return (door.wsgi_app if is_webhook else others)(environ, start_response)

    return serve


def _pages(sidecar: Sidecar) -> Flask:
    app = Flask(__name__)
    # Else such an address is mended by a redirect to whatever host the request names.
    app.url_map.merge_slashes = False
    behind_tls = _is_behind_tls(sidecar)
    app.config.update(
        SECRET_KEY=sidecar.keys.cookie[0],
        SECRET_KEY_FALLBACKS=list(sidecar.keys.cookie[1:]),
        SESSION_COOKIE_NAME="__Host-booking-recovery" if behind_tls else "booking-recovery",
        SESSION_COOKIE_SECURE=behind_tls,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LOGGED_IN_FOR,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the log-in, which ends by itself
        WTF_CSRF_SSL_STRICT=behind_tls,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
    )
    log_ins(sidecar).init_app(app)
    csrf = CSRFProtect(app)
    limiter = _limiter(app, sidecar)
    gate = Gate(sidecar, limiter, csrf)
    requests = bridge(sidecar)
    csrf.exempt(requests)  # what a bridge sends carries a signature instead
    app.register_blueprint(requests)
    app.register_blueprint(health(sidecar))
    app.register_blueprint(metrics(sidecar, gate))
    answers = api(sidecar, gate)
    csrf.exempt(answers)  # the gate asks for it where a cookie is what lets in
    app.register_blueprint(answers)
    app.register_blueprint(access(sidecar, limiter))
    app.register_blueprint(overview(sidecar))
    app.register_blueprint(listing(sidecar))
    app.register_blueprint(status(sidecar))
    app.register_blueprint(steering(sidecar))
    app.register_blueprint(reporting(sidecar))
    app.register_blueprint(live(sidecar))
    app.register_blueprint(deeds(sidecar))
    note_deeds(app, sidecar)
    _answer_errors(app)
    keep_static_files(app)
    _send_headers(app, behind_tls=behind_tls)
    return app


def _is_behind_tls(sidecar: Sidecar) -> bool:
    return sidecar.config.server.public_url.startswith("https://")


def _limiter(app: Flask, sidecar: Sidecar) -> Limiter:
    return Limiter(
        get_remote_address,
        app=app,
        storage_uri="redis://",
        storage_options=cast("Any", {"connection_pool": sidecar.redis.connection_pool}),
        key_prefix=redis_keys.limits(),
        in_memory_fallback_enabled=True,  # log-in is slowed down also while Redis is away
    )


def _answer_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RedisError, _store_error)
    app.register_error_handler(NewerData, _store_error)


def _http_error(fault: HTTPException) -> Response | tuple[str, int]:
    """Say what is wrong: to people in a page, to machines as a problem."""
    wants_page = request.accept_mimetypes.best_match(["application/json", "text/html"])
    if wants_page != "text/html" or _is_for_machines():
        return from_http(fault)
    code = fault.code or 500
    return render_template("error.html", title=fault.name, text=fault.description), code


def _is_for_machines() -> bool:
    return request.path.startswith(FOR_MACHINES)


def _store_error(fault: RedisError | NewerData) -> Response | tuple[str, int]:
    log.warning("page refused", extra={"fault": type(fault).__name__})
    if _is_for_machines():
        return problem(503, "The store does not answer", retry_after=STORE_PAUSE)
    text = "The store does not answer. It is tried again by itself; look again in a moment."
    return render_template("error.html", title="Not now", text=text), 503


def _send_headers(app: Flask, *, behind_tls: bool) -> None:
    policy = ContentSecurityPolicy().default_src("'none'").base_uri("'none'")
    policy = policy.script_src("'self'").connect_src("'self'")
    policy = policy.style_src("'self'").img_src("'self'").font_src("'none'")
    policy = policy.form_action("'self'").frame_ancestors("'none'")
    secure = Secure(
        csp=policy,
        cache=CacheControl().no_store(),
        coop=CrossOriginOpenerPolicy().same_origin(),
        # Not none at all: behind TLS, a form is taken only where its page is named as its origin.
        referrer=ReferrerPolicy().same_origin(),
        xcto=XContentTypeOptions().nosniff(),
        hsts=StrictTransportSecurity().max_age(365 * 86400) if behind_tls else None,
    )

    headers = dict(secure.headers)

    @app.after_request
    def send(response: Response) -> Response:
        response.headers.update(headers)
        return response
