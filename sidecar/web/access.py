"""Who may look: log-in with the users of the configuration, and what each may see."""

from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf import FlaskForm
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from sidecar.config import Role, User
from sidecar.wiring import Sidecar

TRIES = "5 per 15 minutes"
_REFUSED = 403

_AGAINST_NOBODY = generate_password_hash("nobody has this password")
"""Checked for a name that does not exist, which then takes as long as one that does."""


class LogInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF is untyped
    name = StringField("Name", validators=[InputRequired(), Length(max=200)])
    password = PasswordField("Password", validators=[InputRequired(), Length(max=1000)])


class Viewer(UserMixin):  # type: ignore[misc]  # Flask-Login is untyped
    """A user of the configuration, as Flask-Login knows it."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        # With the password the log-ins that it opened end too.
        return f"{self.user.name}\n{self.user.password_hash[-24:]}"


def may_see(site: str) -> bool:
    """Tell whether the viewer of this request may know that the site exists."""
    return bool(current_user.is_authenticated and current_user.user.may_see(site))


def sees_contacts() -> bool:
    """Tell whether the viewer of this request sees contact data unmasked."""
    return current_user.user.role in (Role.SUPPORT, Role.ADMIN)


def log_ins(sidecar: Sidecar) -> LoginManager:
    manager = LoginManager()
    manager.login_view = "access.log_in"
    manager.login_message = None
    users = {Viewer(user).get_id(): Viewer(user) for user in sidecar.config.users}

    @manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login is untyped
    def load(identity: str) -> Viewer | None:
        return users.get(identity)

    return manager


def access(sidecar: Sidecar, limiter: Limiter) -> Blueprint:
    pages = Blueprint("access", __name__)
    users = {user.name: user for user in sidecar.config.users}
    slowed = limiter.shared_limit(
        TRIES,
        scope="log-in",
        key_func=_guessed_at,
        methods=["POST"],
        deduct_when=lambda response: response.status_code == _REFUSED,
    )
    slowed_by_address = limiter.shared_limit(
        TRIES,
        scope="log-in-address",
        key_func=get_remote_address,
        methods=["POST"],
        deduct_when=lambda response: response.status_code == _REFUSED,
    )

    def log_in() -> Response | str | tuple[str, int]:
        form = LogInForm()
        if not form.validate_on_submit():
            return render_template("log-in.html", form=form)
        user = users.get(form.name.data or "")
        known = user.password_hash if user else _AGAINST_NOBODY
        if not check_password_hash(known, form.password.data or "") or user is None:
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
    return request.form.get("name", "")[:200]


def _next_page() -> str:
    """The page that was asked for before the log-in, if it is one of ours."""
    page = request.args.get("next", "")
    ours = page.startswith("/") and not page.startswith(("//", "/\\"))
    return page if ours else url_for("status.overview")
