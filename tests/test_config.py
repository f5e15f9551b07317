"""What an operator may write into config.toml, and what is said about the rest."""

import base64
import re
from datetime import timedelta
from pathlib import Path

import pytest

from sidecar.config import Config, ConfigError, LogFormat, Role, load
from sidecar.domain.policy import ConsentMode, Policy

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"


def secret(number: int, length: int = 32) -> str:
    return "whsec_" + base64.b64encode(bytes([number]) * length).decode()


def key(number: int) -> str:
    return base64.b64encode(bytes([number]) * 32).decode()


SCRYPT = f"scrypt:32768:8:1$salt${'a' * 128}"
SITE = (
    f'[[sites]]\nid = "salon"\nwebhook_secret = "{secret(1)}"\ncallback_secret = "{secret(2)}"\n'
)
SPA = f'[[sites]]\nid = "spa"\nwebhook_secret = "{secret(3)}"\ncallback_secret = "{secret(4)}"\n'
DESK = f'[[status.users]]\nname = "desk"\npassword_hash = "{SCRYPT}"\nrole = "support"\nsites = ["*"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def configured(folder: Path, text: str, **environ: str) -> Config:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ)


def test_an_empty_file_means_the_defaults(folder: Path) -> None:
    config = configured(folder, "")

    assert config.server.host == "127.0.0.1"
    assert config.server.port == 8750
    assert config.server.public_url == "http://127.0.0.1:8750"
    assert config.redis.embedded
    assert config.data_dir == folder / "var"
    assert config.sites == {}
    assert config.users == ()
    assert config.notices == ()


def test_the_example_loads_and_shows_the_defaults() -> None:
    config = load(EXAMPLE, {})
    default = config.sites["salon"].policy

    assert Policy(messages=default.messages) == default
    assert (timedelta(minutes=45), timedelta(hours=24)) == default.messages
    assert config.notices == ('[[sites]] "salon" still has the secrets of the example.',)


def test_the_example_names_every_key() -> None:
    named = set(re.findall(r"^(?:# )?(\w+) = ", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    keys = """
        host port public_url web_workers job_workers trusted_proxies url data_dir contact cookie
        lookup abandon_after unpaid_after messages min_gap quiet_hours max_lateness slot_lead_time
        attribution_window contact_cooldown cap_per_30_days holdout_percent consent dry_run
        retention id timezone webhook_secret callback_secret paused locked name password_hash
        role sites allow dsn level format host port tls user password from to webhook
    """

    assert named - {"x_file"} == set(keys.split())


def test_every_key_reaches_its_place(folder: Path) -> None:
    config = configured(
        folder,
        f"""
        [server]
        host = "::1"
        port = 9000
        web_workers = 3
        job_workers = 4
        trusted_proxies = 1
        [redis]
        url = "rediss://:word@redis.example.com:6380/2"
        [keys]
        data_dir = "/srv/data"
        contact = ["{key(11)}", "{key(12)}"]
        cookie = ["{"c" * 32}"]
        lookup = "{key(13)}"
        [recovery]
        abandon_after = "90s"
        messages = ["0s", "1h", "2d"]
        consent = "opt_in"
        {SITE}
        url = "https://salon.example.com/shop/"
        timezone = "Europe/Berlin"
        paused = true
        locked = ["consent", "messages"]
        [sites.recovery]
        messages = ["5m"]
        {SPA}
        {DESK.replace('["*"]', '["spa"]')}
        [metrics]
        allow = ["10.0.0.0/8", "::1"]
        [sentry]
        dsn = "https://key@sentry.example.com/1"
        [log]
        level = "debug"
        format = "json"
        """,
    )
    salon, spa = config.sites["salon"], config.sites["spa"]
    (desk,) = config.users

    assert config.server.public_url == "http://[::1]:9000"
    assert config.redis.url == "rediss://:word@redis.example.com:6380/2"
    assert config.data_dir == Path("/srv/data")
    assert config.keys.contact == (b"\x0b" * 32, b"\x0c" * 32)
    assert config.keys.cookie == ("c" * 32,)
    assert config.keys.lookup == b"\x0d" * 32
    assert salon.url == "https://salon.example.com/shop"
    assert salon.timezone == "Europe/Berlin"
    assert salon.webhook_secrets == (b"\1" * 32,)
    assert salon.callback_secrets == (b"\2" * 32,)
    assert salon.paused
    assert salon.locked == {"consent", "messages"}
    assert salon.policy == Policy(
        abandon_after=timedelta(seconds=90),
        messages=(timedelta(minutes=5),),
        consent=ConsentMode.OPT_IN,
    )
    assert spa.policy.messages == (timedelta(0), timedelta(hours=1), timedelta(days=2))
    assert desk.role is Role.SUPPORT
    assert desk.may_see("spa")
    assert not desk.may_see("salon")
    assert [str(network) for network in config.metrics.allow] == ["10.0.0.0/8", "::1/128"]
    assert config.log.level == "debug"
    assert config.log.format is LogFormat.JSON


def test_a_user_of_all_sites_may_see_each(folder: Path) -> None:
    (desk,) = configured(folder, DESK).users

    assert desk.may_see("any")


@pytest.mark.parametrize(
    "url",
    [
        "embedded",
        "redis://127.0.0.1",
        "redis://user:word@redis.example.com:6379/0",
        "redis://[::1]:6379",
        "rediss://redis.example.com:6379/0?ssl_cert_reqs=none",
        "unix:///run/redis.sock?db=1",
        "redis+sentinel://h:26379,h2:26379/mymaster/0",
    ],
)
def test_redis_may_be_anywhere(folder: Path, url: str) -> None:
    assert configured(folder, f'[redis]\nurl = "{url}"').redis.url == url


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # tables and keys
        ("[sever]\n", 'the file has no "sever"; did you mean "server"?'),
        ("server = 3\n", "[server] must be a table"),
        ("[server]\nprot = 1\n", '[server] has no "prot"; did you mean "port"?'),
        ("[recovery]\nmessage = []\n", '[recovery] has no "message"; did you mean "messages"?'),
        ("[log]\ncolour = 1\n", '[log] has no "colour"; allowed: level, format'),
        ("port = 8750\n[server]\n", 'the file has no "port"'),
        ("[server\n", "is not TOML"),
        # numbers and flags
        ('[server]\nport = "8750"\n', "[server] port must be a whole number from 1 to 65535"),
        ("[server]\nport = 0\n", "[server] port must be"),
        ("[server]\nport = true\n", "[server] port must be"),
        ("[server]\nweb_workers = 0\n", "[server] web_workers must be"),
        ("[server]\njob_workers = 1.5\n", "[server] job_workers must be"),
        ("[server]\ntrusted_proxies = -1\n", "[server] trusted_proxies must be"),
        ("[recovery]\nholdout_percent = 101\n", "[recovery] holdout_percent must be"),
        ("[recovery]\ncap_per_30_days = 0\n", "[recovery] cap_per_30_days must be"),
        ('[recovery]\ndry_run = "no"\n', "[recovery] dry_run must be true or false"),
        # addresses
        ('[server]\nhost = "http://x"\n', "[server] host must be"),
        ('[server]\nhost = ""\n', "[server] host must be"),
        ('[server]\npublic_url = "recovery.example.com"\n', "[server] public_url must be"),
        ('[server]\npublic_url = "https://me:word@x.example"\n', "[server] public_url must be"),
        ('[server]\npublic_url = "https://x.example/?a=1"\n', "[server] public_url must be"),
        ('[server]\npublic_url = "https://x.example/#a"\n', "[server] public_url must be"),
        ('[server]\npublic_url = "https://x.example:99999/"\n', "[server] public_url must be"),
        ('[server]\npublic_url = "https://[x"\n', "[server] public_url must be"),
        ('[redis]\nurl = ""\n', '[redis] url must hold "embedded"'),
        ('[redis]\nurl = "http://x"\n', "[redis] url must hold"),
        ('[redis]\nurl = "redis://h:port"\n', "[redis] url must hold"),
        ('[redis]\nurl = "unix://relative"\n', "[redis] url must hold"),
        ('[redis]\nurl = "redis+sentinel://h:26379"\n', "[redis] url must hold"),
        ('[metrics]\nallow = ["localhost"]\n', "[metrics] allow must be a list of addresses"),
        ('[metrics]\nallow = "127.0.0.1"\n', "[metrics] allow must be a list"),
        ('[sentry]\ndsn = "sentry.example.com"\n', "[sentry] dsn must hold"),
        ('[sentry]\ndsn = "https://key@sentry.example.com/abc"\n', "[sentry] dsn must hold"),
        # durations and times
        ('[recovery]\nabandon_after = "0s"\n', "[recovery] abandon_after must be a duration"),
        ('[recovery]\nabandon_after = "15"\n', "[recovery] abandon_after must be"),
        ('[recovery]\nabandon_after = "15 m"\n', "[recovery] abandon_after must be"),
        ("[recovery]\nabandon_after = 15\n", "[recovery] abandon_after must be"),
        ('[recovery]\nabandon_after = "-5m"\n', "[recovery] abandon_after must be"),
        ('[alerts]\nhost = "mail.example.com"\nto = ["a@b.c"]\n', "[alerts] needs the key from"),
        ('[alerts]\nhost = "mail.example.com"\nfrom = "a@b.c"\n', "[alerts] needs the key to"),
        ('[alerts]\nto = ["nobody"]\n', "[alerts] to must be an e-mail address"),
        ('[alerts]\npassword = "word"\n', "[alerts] has a password and no user"),
        ('[recovery]\nretention = "999999999d"\n', "[recovery] retention must be"),
        ("[recovery]\nmin_gap = 1979-05-27\n", "[recovery] min_gap must be"),
        ("[recovery]\nmessages = []\n", "[recovery] messages must be a list of 1 to 5"),
        (
            '[recovery]\nmessages = ["1m", "2m", "3m", "4m", "5m", "6m"]\n',
            "[recovery] messages must be a list of 1 to 5",
        ),
        ('[recovery]\nmessages = ["1h", "60m"]\n', "each is longer than the one before"),
        ('[recovery]\nmessages = "45m"\n', "[recovery] messages must be"),
        ('[recovery]\nquiet_hours = "21-8"\n', "[recovery] quiet_hours must be"),
        ('[recovery]\nquiet_hours = "21:00-24:00"\n', "[recovery] quiet_hours must be"),
        ('[recovery]\nquiet_hours = "08:00-08:00"\n', "[recovery] quiet_hours must be"),
        # choices
        (
            '[recovery]\nconsent = "maybe"\n',
            '[recovery] consent must be one of "notice", "opt_in", "off", not "maybe"',
        ),
        ('[log]\nlevel = "loud"\n', "[log] level must be one of"),
        ("[log]\nformat = 1\n", '[log] format must be one of "text", "json"'),
        # sites
        ("[sites]\n", "sites must be written as [[sites]]"),
        ("sites = [1]\n", "[[sites]] number 1 must be a table"),
        (SITE.replace('id = "salon"\n', ""), "[[sites]] number 1 needs the key id"),
        (SITE.replace("salon", "the salon"), "[[sites]] number 1 id must be 1 to 32"),
        (SITE.replace("salon", "s" * 33), "[[sites]] number 1 id must be 1 to 32"),
        (SITE + SITE.replace(secret(1), secret(5)), 'number 2: id "salon" is used twice'),
        (
            SITE.replace("callback_", "callbak_"),
            '[[sites]] "salon" has no "callbak_secret"; did you mean "callback_secret"?',
        ),
        (
            SITE.replace("callback_secret", "# "),
            '"salon" needs the key callback_secret (or callback_secret_env, callback_secret_file)',
        ),
        (SITE + 'url = "ftp://x.example"\n', '[[sites]] "salon" url must be'),
        (
            SITE + 'timezone = "Europe/Berln"\n',
            'timezone must be "" or a time zone such as "Europe/Berlin"; did you mean "Europe/Berlin"?',
        ),
        (SITE + 'timezone = "../etc/passwd"\n', '[[sites]] "salon" timezone must be'),
        (SITE + 'timezone = "Europe"\n', '[[sites]] "salon" timezone must be'),
        (SITE + "timezone = 1\n", '[[sites]] "salon" timezone must be'),
        (SITE + "paused = 1\n", '[[sites]] "salon" paused must be true or false'),
        (SITE + 'locked = ["mesages"]\n', '[[sites]] "salon" locked must be a list of abandon_'),
        (
            SITE + '[sites.recovery]\nmin_gab = "1h"\n',
            '[sites.recovery] of "salon" has no "min_gab"; did you mean "min_gap"?',
        ),
        (
            SITE + '[sites.recovery]\nmin_gap = "1y"\n',
            '[sites.recovery] of "salon" min_gap must be',
        ),
        # users
        ("[status]\nuser = []\n", '[status] has no "user"; did you mean "users"?'),
        ("[status]\nusers = 1\n", "[status] users must be a list of tables"),
        (DESK + DESK, '[status] users: "desk" stands there twice'),
        (DESK.replace('name = "desk"\n', ""), "[status] users: number 1 needs the key name"),
        (DESK.replace("desk", "a:b"), '[status] users: "a:b" name must be'),
        (DESK.replace("support", "root"), 'role must be one of "viewer", "support", "admin"'),
        (DESK.replace('["*"]', '["*", "salon"]'), '"desk" sites must be ["*"]'),
        (DESK.replace('["*"]', "[]"), '"desk" sites must be a list of 1'),
        (SITE + DESK.replace("*", "saloon"), 'which is no site; did you mean "salon"?'),
        (DESK.replace(SCRYPT, "letmein"), '"desk" password_hash must hold what "booking-recovery'),
    ],
)
def test_what_is_wrong_is_named(folder: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(folder, text)

    assert said in str(caught.value)
    assert str(folder / "config.toml") in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        "hunter2",
        secret(7, length=23),
        secret(7, length=65),
        "whsec_" + "!" * 32,
        "WHSEC_" + secret(7)[6:],
        secret(7).rstrip("="),
    ],
)
def test_a_wrong_secret_is_refused_and_not_shown(folder: Path, wrong: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(folder, SITE.replace(secret(1), wrong))

    assert '[[sites]] "salon" webhook_secret must hold "whsec_"' in str(caught.value)
    assert wrong not in str(caught.value)


def test_pbkdf2_hashes_are_accepted(folder: Path) -> None:
    pbkdf2 = f"pbkdf2:sha256:1000000$salt${'a' * 64}"

    (desk,) = configured(folder, DESK.replace(SCRYPT, pbkdf2)).users

    assert desk.password_hash == pbkdf2


def test_a_secret_may_be_a_list(folder: Path) -> None:
    text = SITE.replace(f'"{secret(1)}"', f'["{secret(1)}", "{secret(9)}"]')

    assert configured(folder, text).sites["salon"].webhook_secrets == (b"\1" * 32, b"\x09" * 32)


def test_a_secret_may_come_from_a_variable(folder: Path) -> None:
    text = SITE.replace(f'webhook_secret = "{secret(1)}"', 'webhook_secret_env = "HOOK"')

    site = configured(folder, text, HOOK=f"{secret(1)} {secret(9)}").sites["salon"]

    assert site.webhook_secrets == (b"\1" * 32, b"\x09" * 32)


def test_a_secret_may_come_from_a_file_beside_the_configuration(folder: Path) -> None:
    (folder / "hook").write_text(secret(1) + "\n")
    text = SITE.replace(f'webhook_secret = "{secret(1)}"', 'webhook_secret_file = "hook"')

    assert configured(folder, text).sites["salon"].webhook_secrets == (b"\1" * 32,)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('webhook_secret_env = "NOWHERE"', "webhook_secret_env: the variable NOWHERE is not set"),
        ("webhook_secret_env = 1", "webhook_secret_env must be the name of"),
        ('webhook_secret_file = "none"', "none: No such file or directory"),
        ('webhook_secret_file = "."', "Is a directory"),
        ('webhook_secret_file = "empty"', "empty is empty"),
        ('webhook_secret_file = "bytes"', "bytes is not text"),
        (
            f'webhook_secret = "{secret(1)}"\nwebhook_secret_env = "HOOK"',
            "has webhook_secret and webhook_secret_env; only one of them may stand",
        ),
    ],
)
def test_a_secret_that_is_not_there_is_named(folder: Path, line: str, said: str) -> None:
    (folder / "empty").touch()
    (folder / "bytes").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError) as caught:
        configured(folder, SITE.replace(f'webhook_secret = "{secret(1)}"', line))

    assert '[[sites]] "salon"' in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            SITE.replace(secret(2), secret(1)),
            '[[sites]] "salon" callback_secret is the same secret as [[sites]] "salon" webhook_',
        ),
        (
            SITE + SPA.replace(secret(3), secret(2)),
            '[[sites]] "spa" webhook_secret is the same secret as [[sites]] "salon" callback_',
        ),
        (
            SITE.replace(f'"{secret(1)}"', f'["{secret(1)}", "{secret(1)}"]'),
            '[[sites]] "salon" webhook_secret is the same secret as',
        ),
        (
            f'[keys]\nlookup = "{key(1)}"\n{SITE}',
            '[[sites]] "salon" webhook_secret is the same secret as [keys] lookup',
        ),
    ],
)
def test_one_secret_is_not_used_twice(folder: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(folder, text)

    assert said in str(caught.value)


def test_no_secret_is_seen_in_what_a_debugger_or_a_log_would_show(folder: Path) -> None:
    config = configured(
        folder,
        f'[redis]\nurl = "redis://:hush@127.0.0.1"\n[sentry]\ndsn = "https://hush@x.example/1"\n'
        f'[keys]\ncontact = ["{key(1)}"]\ncookie = ["{"c" * 32}"]\nlookup = "{key(3)}"\n'
        + SITE.replace(secret(1), secret(8))
        + DESK,
    )

    for hidden in ("hush", r"\x01", r"\x02", r"\x03", r"\x08", "ccc", "scrypt"):
        assert hidden not in repr(config)


def test_the_file_is_found_by_argument_then_environment_then_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, from_environment, here = folder / "a.toml", folder / "b.toml", folder / "config.toml"
    for path in (named, from_environment, here):
        path.write_text("")
    monkeypatch.chdir(folder)
    environ = {"BOOKING_RECOVERY_CONFIG": str(from_environment)}

    assert load(named, environ).path == named
    assert load(None, environ).path == from_environment
    assert load(None, {}).path == here


def test_a_missing_file_says_how_to_make_one(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r'no such file; "booking-recovery init" writes one'):
        load(folder / "config.toml", {})


def test_a_file_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / "config.toml").write_bytes(b"\xff")

    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load(folder / "config.toml", {})


def test_a_byte_order_mark_does_no_harm(folder: Path) -> None:
    (folder / "config.toml").write_bytes(b"\xef\xbb\xbf[server]\r\nport = 1\r\n")

    assert load(folder / "config.toml", {}).server.port == 1
