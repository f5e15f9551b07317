"""Who may look: log-in with the users of the configuration, and what each may see."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, cast

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import CSRFProtect, FlaskForm
from limits import parse
from werkzeug.datastructures import Authorization
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from sidecar.adapters import redis_keys
from sidecar.config import Role, Site, User
from sidecar.web.problems import problem
from sidecar.wiring import Sidecar

TRIES = "5 per 15 minutes"
_BY_NAME, _BY_ADDRESS = "log-in", "log-in-address"
_REFUSED = 403

OURS = {"X-Requested-With": "booking-recovery"}
"""What a page of another origin cannot send along, however it makes a browser send a POST."""

_AGAINST_NOBODY = generate_password_hash("nobody has this password")
"""Checked for a name that does not exist, which then takes as long as one that does."""


class LogInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    name = StringField("Name", validators=[InputRequired(), Length(max=200)])
    password = PasswordField("Password", validators=[InputRequired(), Length(max=1000)])


_VOUCHED = "vouched"

_OURS = re.compile(r"/(?![/\\])[!-~]*")
"""A path; two slashes begin a host, and browsers read a backslash as one, and overlook tabs."""


class Viewer(UserMixin):  # type: ignore[misc]  # Flask-Login is untyped
    """A user of the configuration, or one whom WordPress vouches for, as Flask-Login knows it."""

    def __init__(self, user: User, *, vouched_by: str | None = None) -> None:
        self.user = user
        self._vouched_by = vouched_by

    def get_id(self) -> str:
        if self._vouched_by is not None:
            # No user of the configuration has a line break in the name.
            return "\n".join((_VOUCHED, self._vouched_by, self.user.role, self.user.name))
        # With the password the log-ins that it opened end too.
        return f"{self.user.name}\n{self.user.password_hash[-24:]}"


def viewer() -> User | None:
    """Who makes this request: let in by a gate, else logged in with the form."""
    if "let_in" in g:
        return cast("User", g.let_in)
    return cast("User", current_user.user) if current_user.is_authenticated else None


def may_see(site: str) -> bool:
    """Tell whether the viewer of this request may know that the site exists."""
    user = viewer()
    return user is not None and user.may_see(site)


def site_or_404(sidecar: Sidecar, site_id: str) -> Site:
    """Return a site; one that the viewer may not see does not exist for them."""
    site = sidecar.config.sites.get(site_id)
    if site is None or not may_see(site_id):
        abort(404, "There is no such site.")
    return site


def viewer_name() -> str:
    """By what name the viewer of this request logged in."""
    user = viewer()
    return user.name if user is not None else ""


def ask_for_log_in() -> Response | None:
    """Send whoever is not logged in to the form; for `before_request` of pages."""
    if current_user.is_authenticated:
        return None
    if "HX-Request" in request.headers:
        # A part of a page asks; the form would be put into that part. The whole page asks anew.
        return Response(status=204, headers={"HX-Refresh": "true"})
    answer: Response = current_app.login_manager.unauthorized()  # type: ignore[attr-defined]  # Flask-Login adds it
    return answer


def sees_contacts() -> bool:
    """Tell whether the viewer of this request sees contact data unmasked."""
    user = viewer()
    return user is not None and user.role in (Role.SUPPORT, Role.ADMIN)


def may_act() -> bool:
    """Tell whether the viewer of this request may change what becomes of a session."""
    return sees_contacts()


def may_forget() -> bool:
    """Tell whether the viewer of this request may erase people for good."""
    user = viewer()
    return user is not None and user.role is Role.ADMIN


class Gate:
    """Lets machines in: with a user's name and password, or with the cookie of a log-in."""

    def __init__(self, sidecar: Sidecar, limiter: Limiter, csrf: CSRFProtect) -> None:
        self._users = {user.name: user for user in sidecar.config.users}
        self._limiter = limiter
        self._tries = parse(TRIES)
        self._csrf = csrf

    def require(self) -> None:
        """Make the viewer known; else end the request with a problem."""
        login = _password_sent()
        if login is not None:
            g.let_in = self._basic(login.username or "", login.password or "")
            self._refuse_forged_basic()
        elif current_user.is_authenticated:
            self._csrf.protect()
        else:
            abort(_unauthorized("Log in with the name and password of a [status] user"))

    def _basic(self, name: str, password: str) -> User:
        self._refuse_guessing(name)
        user = known(self._users, name, password)
        if user is None:
            for key in self._keys(name):
                self._limiter.limiter.hit(self._tries, *key)
            abort(_unauthorized("That name and password do not belong together"))
        return user

    def _refuse_guessing(self, name: str) -> None:
        for key in self._keys(name):
            if not self._limiter.limiter.test(self._tries, *key):
                seconds = self._tries.get_expiry()
                abort(problem(429, "Too many tries with a wrong password", retry_after=seconds))

    def _keys(self, name: str) -> list[tuple[str, str, str]]:
        """Where tries are counted: the same counts as those of the form."""
        prefix = redis_keys.limits()
        return [
            (prefix, _counted_by(name), _BY_NAME),
            (prefix, get_remote_address(), _BY_ADDRESS),
        ]

    def _refuse_forged_basic(self) -> None:
        # A browser that once was given the password sends it along with what others make it send.
        ((header, value),) = OURS.items()
        if request.method not in ("GET", "HEAD") and request.headers.get(header) != value:
            abort(problem(403, f"Send the header {header}: {value} along with the password"))


def _password_sent() -> Authorization | None:
    """Return the HTTP Basic log-in of this request, if there is one that can be read."""
    try:
        login = request.authorization
    except ValueError:  # Werkzeug lets base64's complaint about other characters through
        return None
    return login if login is not None and login.type == "basic" else None


def _unauthorized(title: str) -> Response:
    refusal = problem(401, title)
    refusal.headers["WWW-Authenticate"] = 'Basic realm="booking-recovery", charset="UTF-8"'
    return refusal


def known(users: Mapping[str, User], name: str, password: str) -> User | None:
    """Return the user whose password this is; takes as long for a name that nobody has."""
    user = users.get(name)
    matches = check_password_hash(user.password_hash if user else _AGAINST_NOBODY, password)
    return user if matches else None


def vouched_for(site: str, name: str, role: str) -> Viewer:
    """Return whom the WordPress of a site vouches for: a viewer of that site only."""
    user = User(name=name, password_hash="", role=Role(role), sites=frozenset({site}))
    return Viewer(user, vouched_by=site)


def log_ins(sidecar: Sidecar) -> LoginManager:
    manager = LoginManager()
    manager.login_view = "access.log_in"
    manager.login_message = None
    users = {Viewer(user).get_id(): Viewer(user) for user in sidecar.config.users}

    @manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login is untyped
    def load(identity: str) -> Viewer | None:
        if not identity.startswith(f"{_VOUCHED}\n"):
            return users.get(identity)
        _, site, role, name = identity.split("\n", 3)
        return vouched_for(site, name, role) if site in sidecar.config.sites else None

    return manager


def access(sidecar: Sidecar, limiter: Limiter) -> Blueprint:
    pages = Blueprint("access", __name__)
    users = {user.name: user for user in sidecar.config.users}
    slowed = limiter.shared_limit(
        TRIES,
        scope=_BY_NAME,
        key_func=_guessed_at,
        methods=["POST"],
        deduct_when=lambda response: response.status_code == _REFUSED,
    )
    slowed_by_address = limiter.shared_limit(
        TRIES,
        scope=_BY_ADDRESS,
        key_func=get_remote_address,
        methods=["POST"],
        deduct_when=lambda response: response.status_code == _REFUSED,
    )

    def log_in() -> Response | str | tuple[str, int]:
        form = LogInForm()
        if not form.validate_on_submit():
            return render_template("log-in.html", form=form)
        user = known(users, form.name.data or "", form.password.data or "")
        if user is None:
            flash("That name and password do not belong together.")
            return render_template("log-in.html", form=form), _REFUSED
        login_user(Viewer(user))
        return redirect(_next_page())

    # Flask-Limiter's types forget what kind of function they decorate.
    pages.add_url_rule(
        "/log-in",
        view_func=cast("Any", slowed(slowed_by_address(log_in))),
        methods=["GET", "POST"],
    )

    @pages.get("/log-in/from-wordpress/<token>")
    def from_wordpress(token: str) -> Response:
        found = sidecar.log_ins.take(token)
        if found is None:
            flash("That address was used before, or is older than a minute. Open it anew.")
            return redirect(url_for("access.log_in"))
        site, name, role = found
        login_user(vouched_for(site, name, role))
        g.came_in_to = site
        return redirect(url_for("listing.sessions", site_id=site))

    @pages.post("/log-out")
    def log_out() -> Response:
        logout_user()
        return redirect(url_for("access.log_in"))

    @pages.errorhandler(429)
    def too_many(_: Exception) -> tuple[str, int]:
        flash("Too many tries. Wait a quarter of an hour, then try again.")
        return render_template("log-in.html", form=LogInForm()), 429

    return pages


def _guessed_at() -> str:
    return _counted_by(request.form.get("name", ""))


def _counted_by(name: str) -> str:
    """What tries with a name are counted by: people type addresses, which must lie nowhere plain."""
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()


def _next_page() -> str:
    """The page that was asked for before the log-in, if it is one of ours."""
    page = request.args.get("next", "")
    return page if _OURS.fullmatch(page) else url_for("overview.sites")
