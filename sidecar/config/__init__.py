"""The operator's `config.toml`, checked once at the door and frozen."""

import base64
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from sidecar.config import values
from sidecar.config.reader import ConfigError, Reader
from sidecar.config.values import Parser
from sidecar.domain.policy import ConsentMode, Policy
from sidecar.domain.quiet import zone_named

__all__ = [
    "Alerts",
    "Config",
    "ConfigError",
    "KeySettings",
    "Log",
    "LogFormat",
    "Metrics",
    "RedisSettings",
    "Role",
    "Sentry",
    "Server",
    "Site",
    "Tls",
    "User",
    "encode_secret",
    "is_site_id",
    "load",
    "locate",
    "parse",
]


class Role(StrEnum):
    """What a user of the status page may do, from least to most."""

    VIEWER = "viewer"
    SUPPORT = "support"
    ADMIN = "admin"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    host: str = "127.0.0.1"
    port: int = 8750
    public_url: str = ""
    web_workers: int = 2
    job_workers: int = 8
    trusted_proxies: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisSettings:
    # A URL may carry a password.
    url: str = field(default=values.EMBEDDED, repr=False)

    @property
    def embedded(self) -> bool:
        return self.url == values.EMBEDDED


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySettings:
    """Keys written by the operator; what is empty here lives in the data directory."""

    contact: tuple[bytes, ...] = field(default=(), repr=False)
    cookie: tuple[str, ...] = field(default=(), repr=False)
    lookup: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One WordPress install; `url` and `timezone` are empty where its check-in may tell them.

    `own_choices` are the keys of its [sites.recovery], `general_choices` those of [recovery].
    """

    id: str
    url: str = ""
    timezone: str = ""
    webhook_secrets: tuple[bytes, ...] = field(repr=False)
    callback_secrets: tuple[bytes, ...] = field(repr=False)
    paused: bool = False
    locked: frozenset[str] = frozenset()
    policy: Policy = field(default_factory=Policy)
    own_choices: frozenset[str] = frozenset()
    general_choices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    name: str
    password_hash: str = field(repr=False)
    role: Role
    sites: frozenset[str] | Literal["*"]

    def may_see(self, site: str) -> bool:
        return self.sites == "*" or site in self.sites


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    allow: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = (
        ipaddress.IPv4Network("127.0.0.1"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentry:
    dsn: str = field(default="", repr=False)


class Tls(StrEnum):
    """How a mail server is spoken to: encrypted after a greeting, from the start on, or never."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Where people are told when something is wrong; `host` and `webhook` are "" for nowhere."""

    host: str = ""
    port: int = 587
    tls: Tls = Tls.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    to: tuple[str, ...] = ()
    # Whoever knows the address may write there.
    webhook: str = field(default="", repr=False)

    @property
    def wanted(self) -> bool:
        return bool(self.host or self.webhook)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    level: str = "info"
    format: LogFormat = LogFormat.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole file. `notices` are sentences for the operator about what is set and should not be."""

    server: Server
    redis: RedisSettings
    keys: KeySettings
    sites: Mapping[str, Site]
    users: tuple[User, ...]
    metrics: Metrics
    sentry: Sentry
    alerts: Alerts
    log: Log
    data_dir: Path
    path: Path
    notices: tuple[str, ...]


def locate(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return where the configuration is: `path`, else what the environment names, else here."""
    return Path(path or environ.get("BOOKING_RECOVERY_CONFIG") or "config.toml").absolute()


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check the configuration; raises ConfigError with one message for the operator."""
    where = locate(path, environ)
    try:
        # Some editors begin a file with a byte order mark, which TOML does not know.
        text = where.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f'{where}: no such file; "booking-recovery init" writes one') from None
    except OSError as error:
        raise ConfigError(f"{where}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{where}: is not UTF-8 text") from None
    return parse(text, path=where, environ=environ)


def parse(text: str, *, path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """Check the text of a configuration that stands, or shall stand, at `path`."""
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None
    return _config(tables, Reader(path, environ))


def encode_secret(secret: bytes) -> str:
    """Return a signing secret as people and bridges see it, `whsec_…`."""
    return "whsec_" + base64.b64encode(secret).decode()


def is_site_id(text: str) -> bool:
    return re.fullmatch(_SITE_ID, text) is not None


def read_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an owner set in WordPress as values of a Policy.

    Keys are those of [recovery]; unknown ones are passed over, so that a newer bridge can be
    served. Raises ConfigError naming the key whose value is wrong.
    """
    reader = Reader(Path("settings"), {})
    known = known_settings(settings)
    return reader.read("[recovery]", {k: v for k, v in known.items() if v is not None}, _RECOVERY)


def known_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return of an owner's settings, as they came, those that this version knows."""
    return {key: value for key, value in settings.items() if key in _RECOVERY}


def policy_for(site: Site, settings: Mapping[str, Any]) -> Policy:
    """Return the policy that counts: the owner's settings win, except for keys the site locks."""
    known = _POLICIES.get(site.id)
    if known is None or known[0] is not site or known[1] != settings:
        chosen = {k: v for k, v in read_settings(settings).items() if k not in site.locked}
        known = _POLICIES[site.id] = site, settings, replace(site.policy, **chosen)
    return known[2]


_POLICIES: dict[str, tuple[Site, Mapping[str, Any], Policy]] = {}
"""What `policy_for` last returned for each site: asked with every event, changed hardly ever."""


def zone_for(site: Site, told: str) -> tzinfo:
    """Return the zone in which a site's days begin: as configured, else as WordPress `told`."""
    return zone_named(site.timezone or told)


# Every key there is, by table.

_SITE_ID = r"[A-Za-z0-9_-]{1,32}"
_SERVER: dict[str, Parser] = {
    "host": values.matching(r"[A-Za-z0-9.:_%-]+", "a host name or an address to listen on"),
    "port": values.integer(1, 65535),
    "public_url": values.http_url,
    "web_workers": values.integer(1, 64),
    "job_workers": values.integer(1, 256),
    "trusted_proxies": values.integer(0, 10),
}
_REDIS_SECRETS: dict[str, Parser] = {"url": values.redis_url}
_KEYS: dict[str, Parser] = {"data_dir": values.matching(r"[^\0]+", "the path of a folder")}
_KEYS_SECRETS: dict[str, Parser] = {
    "contact": values.one_or_more(values.key_of_32_bytes),
    "cookie": values.one_or_more(
        values.matching(r"\S{32,}", "32 or more characters without spaces")
    ),
    "lookup": values.key_of_32_bytes,
}
_RECOVERY: dict[str, Parser] = {
    "abandon_after": values.duration("1s", "7d"),
    "unpaid_after": values.duration("1s", "7d"),
    "messages": values.messages,
    "min_gap": values.duration("0s", "30d"),
    "quiet_hours": values.quiet_hours,
    "max_lateness": values.duration("1s", "30d"),
    "slot_lead_time": values.duration("0s", "30d"),
    "attribution_window": values.duration("1s", "90d"),
    "contact_cooldown": values.duration("0s", "365d"),
    "cap_per_30_days": values.integer(1, 100),
    "holdout_percent": values.integer(0, 100),
    "consent": values.choice(ConsentMode),
    "dry_run": values.flag,
    "retention": values.duration("1d", "3650d"),
}
_SITE: dict[str, Parser] = {
    "id": values.matching(_SITE_ID, "1 to 32 characters from A-Z, a-z, 0-9, _ and -"),
    "url": values.http_url,
    "timezone": values.zone,
    "paused": values.flag,
    "locked": values.list_of(
        values.matching("|".join(_RECOVERY), f"a list of {', '.join(_RECOVERY)}")
    ),
}
_SITE_SECRETS: dict[str, Parser] = {
    "webhook_secret": values.one_or_more(values.signing_secret),
    "callback_secret": values.one_or_more(values.signing_secret),
}
_USER: dict[str, Parser] = {
    # HTTP Basic ends the name at its first colon.
    "name": values.matching(r"[^:\x00-\x1f\x7f]{1,64}", "1 to 64 characters without a colon"),
    "role": values.choice(Role),
    "sites": values.user_sites,
}
_USER_SECRETS: dict[str, Parser] = {"password_hash": values.password_hash}
_METRICS: dict[str, Parser] = {"allow": values.list_of(values.network)}
_SENTRY_SECRETS: dict[str, Parser] = {
    "dsn": values.matching(
        r"|https?://[^@/\s]+@[^@/:\s]+(?::\d{1,5})?/(?:[^\s?#]*/)?\d+",
        '"" or the address that Sentry gives',
    )
}
_ADDRESS = values.matching(r"[^@\s,;<>]+@[^@\s,;<>]+", "an e-mail address")
_ALERTS: dict[str, Parser] = {
    "host": values.matching(r"|[A-Za-z0-9.:_%-]+", '"" or the name of a mail server'),
    "port": values.integer(1, 65535),
    "tls": values.choice(Tls),
    "user": values.text,
    "from": _ADDRESS,
    "to": values.list_of(_ADDRESS, most=20),
}
_ALERTS_SECRETS: dict[str, Parser] = {
    "password": values.matching(r"[^\x00-\x1f\x7f]*", "a password without line breaks"),
    "webhook": values.matching(r"|https?://[^\s]+", '"" or an https:// or http:// address'),
}
_LOG: dict[str, Parser] = {
    "level": values.matching(
        "debug|info|warning|error", 'one of "debug", "info", "warning", "error"'
    ),
    "format": values.choice(LogFormat),
}
_TABLES = (
    "server",
    "redis",
    "keys",
    "recovery",
    "sites",
    "status",
    "metrics",
    "sentry",
    "alerts",
    "log",
)


def _config(tables: dict[str, Any], reader: Reader) -> Config:
    reader.refuse_unknown("the file", tables, list(_TABLES))

    def table(name: str, keys: Mapping[str, Parser], secrets: Mapping[str, Parser]) -> Any:
        return reader.read(f"[{name}]", tables.get(name, {}), keys, secrets)

    keys = table("keys", _KEYS, _KEYS_SECRETS)
    data_dir = reader.path.parent / Path(keys.pop("data_dir", "var"))
    general = table("recovery", _RECOVERY, {})
    config = Config(
        server=_server(Server(**table("server", _SERVER, {}))),
        redis=RedisSettings(**table("redis", {}, _REDIS_SECRETS)),
        keys=KeySettings(**keys),
        sites=_sites(tables.get("sites", []), general, reader),
        users=_users(tables.get("status", {}), reader),
        metrics=Metrics(**table("metrics", _METRICS, {})),
        sentry=Sentry(**table("sentry", {}, _SENTRY_SECRETS)),
        alerts=_alerts(table("alerts", _ALERTS, _ALERTS_SECRETS), reader),
        log=Log(**table("log", _LOG, {})),
        data_dir=data_dir,
        path=reader.path,
        notices=(),
    )
    _refuse_repeated_secrets(config, reader)
    _refuse_strangers(config, reader)
    return replace(config, notices=tuple(_notices(config)))


def _server(server: Server) -> Server:
    host = f"[{server.host}]" if ":" in server.host else server.host
    return replace(server, public_url=server.public_url or f"http://{host}:{server.port}")


def _alerts(chosen: dict[str, Any], reader: Reader) -> Alerts:
    sender = chosen.pop("from", "")
    alerts = Alerts(sender=sender, **chosen)
    for key, is_there in (("from", bool(sender)), ("to", bool(alerts.to))):
        if alerts.host and not is_there:
            raise reader.wrong("[alerts]", f"needs the key {key} where it has a host")
    if alerts.password and not alerts.user:
        raise reader.wrong("[alerts]", "has a password and no user")
    return alerts


def _sites(entries: Any, general: Mapping[str, Any], reader: Reader) -> Mapping[str, Site]:
    if not isinstance(entries, list):
        raise reader.wrong("sites", "must be written as [[sites]], once for each site")
    sites: dict[str, Site] = {}
    for position, entry in enumerate(entries, 1):
        site = _site(entry, position, general, reader)
        if site.id in sites:
            raise reader.wrong(f'[[sites]] number {position}: id "{site.id}"', "is used twice")
        sites[site.id] = site
    return MappingProxyType(sites)


def _site(entry: Any, position: int, general: Mapping[str, Any], reader: Reader) -> Site:
    name = entry.get("id") if isinstance(entry, dict) else None
    known = isinstance(name, str) and is_site_id(name)
    where = f'[[sites]] "{name}"' if known else f"[[sites]] number {position}"
    chosen = reader.read(
        where,
        entry,
        _SITE,
        _SITE_SECRETS,
        required=("id", "webhook_secret", "callback_secret"),
        nested=("recovery",),
    )
    own = reader.read(f'[sites.recovery] of "{name}"', entry.get("recovery", {}), _RECOVERY)
    return Site(
        webhook_secrets=chosen.pop("webhook_secret"),
        callback_secrets=chosen.pop("callback_secret"),
        locked=frozenset(chosen.pop("locked", ())),
        policy=Policy(**{**general, **own}),
        own_choices=frozenset(own),
        general_choices=frozenset(general),
        **chosen,
    )


def _users(table: Any, reader: Reader) -> tuple[User, ...]:
    reader.read("[status]", table, {}, nested=("users",))
    entries = table.get("users", [])
    if not isinstance(entries, list):
        raise reader.wrong("[status]", "users must be a list of tables")
    users: dict[str, User] = {}
    for position, entry in enumerate(entries, 1):
        name = entry.get("name") if isinstance(entry, dict) else None
        shown = f'"{name}"' if isinstance(name, str) else f"number {position}"
        where = f"[status] users: {shown}"
        required = ("name", "password_hash", "role", "sites")
        user = User(**reader.read(where, entry, _USER, _USER_SECRETS, required=required))
        if user.name in users:
            raise reader.wrong(where, "stands there twice; each name may stand once")
        users[user.name] = user
    return tuple(users.values())


def _refuse_repeated_secrets(config: Config, reader: Reader) -> None:
    secrets = [("[keys] contact", key) for key in config.keys.contact]
    secrets += [("[keys] cookie", key.encode()) for key in config.keys.cookie]
    secrets += [("[keys] lookup", config.keys.lookup)] if config.keys.lookup else []
    for site in config.sites.values():
        where = f'[[sites]] "{site.id}"'
        secrets += [(f"{where} webhook_secret", secret) for secret in site.webhook_secrets]
        secrets += [(f"{where} callback_secret", secret) for secret in site.callback_secrets]
    first: dict[bytes, str] = {}
    for where, secret in secrets:
        if secret in first:
            raise reader.wrong(
                where, f"is the same secret as {first[secret]}; each must be its own"
            )
        first[secret] = where


def _refuse_strangers(config: Config, reader: Reader) -> None:
    """Refuse users of sites that do not exist: a mistyped id would hide the site from them."""
    for user in config.users:
        for site in () if user.sites == "*" else sorted(user.sites - config.sites.keys()):
            hint = values.near(site, config.sites)
            allowed = f"allowed: {values.quoted(['*', *config.sites])}"
            where = f'[status] users: "{user.name}"'
            raise reader.wrong(where, f'sites has "{site}", which is no site{hint}; {allowed}')


def _notices(config: Config) -> list[str]:
    return [
        f"{name} still has the secrets of the example." for name in _with_example_secrets(config)
    ]


def _with_example_secrets(config: Config) -> list[str]:
    return [
        f'[[sites]] "{site.id}"'
        for site in config.sites.values()
        if any(
            encode_secret(secret).startswith("whsec_EXAMPLE")
            for secret in site.webhook_secrets + site.callback_secrets
        )
    ]
