"""The commands that end by themselves: what they write, print and answer."""

import base64
import json
import os
import pty
import re
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from werkzeug.security import check_password_hash

from sidecar.cli import _COMMANDS
from sidecar.config import load
from tests.cli.commands import booking_recovery


def code_in(text: str) -> dict[str, Any]:
    """Read a connection code as the bridge does."""
    (line,) = text.splitlines()
    encoded = line.removeprefix("brc1.")
    assert re.fullmatch(r"[A-Za-z0-9_-]+", encoded)
    code = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    assert isinstance(code, dict)
    return code


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A folder in which `init` has run."""
    assert booking_recovery(tmp_path, "init").returncode == 0
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["--no-such-option"],
        ["up", "surplus"],
        ["pair"],
        ["pair", "a site"],
        ["pair", "--confirm"],
        ["sessions"],
        ["sessions", "salon", "--state", "gone"],
        ["sessions", "salon", "--limit", "0"],
        ["sessions", "salon", "--after", "x"],
        ["show", "salon"],
        ["retry", "salon"],
        ["forget"],
        ["opt-out"],
        ["opt-out", "salon", "anna@example.com"],
        ["--config", "nowhere.toml", "pause"],
        ["--config", "nowhere.toml", "resume", "salon"],
        ["--config", "nowhere.toml", "show", "salon", "s1"],
        ["--config", "nowhere.toml", "up"],
        ["--config", "nowhere.toml", "web"],
        ["--config", "nowhere.toml", "worker"],
        ["--config", "nowhere.toml", "clock"],
        ["--config", "nowhere.toml", "pair", "salon"],
        ["hash-password"],
    ],
)
def test_wrong_use_exits_2_and_says_why(tmp_path: Path, words: list[str]) -> None:
    done = booking_recovery(tmp_path, *words)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("Error: ") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["up", "web", "worker", "clock", "pair"])
def test_a_wrong_configuration_exits_2_and_names_the_key(tmp_path: Path, command: str) -> None:
    (tmp_path / "config.toml").write_text("[server]\nprot = 1\n")

    done = booking_recovery(tmp_path, command, *(["salon"] if command == "pair" else []))

    assert done.returncode == 2
    assert '[server] has no "prot"; did you mean "port"?' in done.stderr


def test_help_names_every_command(tmp_path: Path) -> None:
    done = booking_recovery(tmp_path, "--help")

    assert done.returncode == 0
    for command in _COMMANDS:
        assert re.search(rf"^  {command}  +\w", done.stdout, re.MULTILINE)
    assert not re.search(r"[^]]\.\.\.$", done.stdout, re.MULTILINE), "a summary is cut off"


def test_init_writes_a_configuration_only_its_owner_can_read(tmp_path: Path) -> None:
    done = booking_recovery(tmp_path, "init")
    config = load(tmp_path / "config.toml", {})
    (admin,) = config.users
    password = re.search(r"with the password (\S+)$", done.stdout, re.MULTILINE)

    assert stat.S_IMODE(config.path.stat().st_mode) == 0o600
    assert list(config.sites) == ["my-site"]
    assert config.notices == ()
    assert admin.name == "admin"
    assert password
    assert check_password_hash(admin.password_hash, password[1])
    assert password[1] not in config.path.read_text()


def test_init_never_overwrites(begun: Path) -> None:
    before = (begun / "config.toml").read_bytes()

    done = booking_recovery(begun, "init")

    assert done.returncode == 2
    assert "exists; it is left as it is" in done.stderr
    assert (begun / "config.toml").read_bytes() == before


def test_each_init_makes_secrets_of_its_own(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        booking_recovery(tmp_path, "--config", name, "init")
    a, b = (load(tmp_path / name, {}).sites["my-site"] for name in ("a.toml", "b.toml"))

    assert a.webhook_secrets != b.webhook_secrets
    assert a.callback_secrets != b.callback_secrets


def test_the_environment_may_name_the_configuration(tmp_path: Path) -> None:
    done = booking_recovery(tmp_path, "init", BOOKING_RECOVERY_CONFIG="here.toml")

    assert done.returncode == 0
    assert (tmp_path / "here.toml").exists()


def test_pair_prints_the_code_alone_on_standard_output(begun: Path) -> None:
    before = (begun / "config.toml").read_bytes()

    done = booking_recovery(begun, "pair", "my-site")
    code = code_in(done.stdout)
    written = before.decode()

    assert done.returncode == 0
    assert code["sidecar"] == "http://127.0.0.1:8750"
    assert code["site"] == "my-site"
    assert f'webhook_secret = "{code["webhook_secret"]}"' in written
    assert f'callback_secret = "{code["callback_secret"]}"' in written
    assert (begun / "config.toml").read_bytes() == before
    assert code["webhook_secret"] not in done.stderr


def test_pair_adds_a_new_site_and_keeps_the_rest_as_it_was(begun: Path) -> None:
    path = begun / "config.toml"
    path.write_text(path.read_text() + "# a closing word", encoding="utf-8")
    path.chmod(0o640)
    before = path.read_text()

    done = booking_recovery(begun, "pair", "spa")
    code = code_in(done.stdout)

    assert "must be started again" in done.stderr
    assert path.read_text().startswith(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(load(path, {}).sites) == ["my-site", "spa"]
    assert code == code_in(booking_recovery(begun, "pair", "spa").stdout)
    assert [entry.name for entry in begun.iterdir()] == ["config.toml"]


def test_pair_tells_all_secrets_of_a_site_that_is_changing_them(begun: Path) -> None:
    path = begun / "config.toml"
    second = "whsec_" + base64.b64encode(b"2" * 32).decode()
    text = path.read_text()
    path.write_text(re.sub(r'(callback_secret) = ("\S+")', rf'\1 = [\2, "{second}"]', text))

    code = code_in(booking_recovery(begun, "pair", "my-site").stdout)

    assert isinstance(code["webhook_secret"], str)
    assert code["callback_secret"][1] == second


def test_pair_changes_the_file_behind_a_link(begun: Path) -> None:
    (begun / "elsewhere").mkdir()
    path = (begun / "config.toml").rename(begun / "elsewhere" / "real.toml")
    (begun / "config.toml").symlink_to(path)

    assert booking_recovery(begun, "pair", "spa").returncode == 0

    assert (begun / "config.toml").is_symlink()
    assert "spa" in load(path, {}).sites


def test_pair_leaves_a_file_alone_to_which_it_cannot_append(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("sites = []\n")

    done = booking_recovery(tmp_path, "pair", "spa")

    assert done.returncode == 2
    assert "the site cannot be added; write it by hand" in done.stderr
    assert done.stdout == ""
    assert path.read_text() == "sites = []\n"


def test_sites_paired_at_the_same_moment_are_all_kept(begun: Path) -> None:
    names = [f"site-{number}" for number in range(6)]

    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda name: booking_recovery(begun, "pair", name), names))

    assert {one.returncode for one in done} == {0}
    assert {"my-site", *names} == set(load(begun / "config.toml", {}).sites)


def test_check_tells_one_line_a_finding(begun: Path) -> None:
    path = begun / "config.toml"
    example = "whsec_EXAMPLE+replace+this+webhook+secret+first000"
    path.write_text(
        re.sub(r'(?m)^webhook_secret = ".*"', f'webhook_secret = "{example}"', path.read_text())
    )

    done = booking_recovery(begun, "check")
    version, good, notice, untold, wrong = done.stdout.splitlines()

    assert done.returncode == 1
    assert version.startswith("good: booking-recovery 0.")
    assert good == f"good: {path}: sites: my-site; users: 1"
    assert untold == "notice: nobody is told when something breaks: [alerts] says how"
    assert notice == 'notice: [[sites]] "my-site" still has the secrets of the example.'
    assert wrong.startswith("wrong: Redis does not answer")
    assert not (begun / "var").exists()


def test_check_tells_a_wrong_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[server]\nport = 0\n")

    done = booking_recovery(tmp_path, "check")

    assert done.returncode == 1
    assert "\nwrong: " in done.stdout
    assert "[server] port must be" in done.stdout


def test_hash_password_prints_only_the_hash(tmp_path: Path) -> None:
    done = booking_recovery(tmp_path, "hash-password", given="geheim wört\n".encode())
    (line,) = done.stdout.splitlines()

    assert line.startswith("scrypt:")
    assert check_password_hash(line, "geheim wört")
    assert done.stderr == ""


def test_hash_password_refuses_bytes_that_are_no_text(tmp_path: Path) -> None:
    done = booking_recovery(tmp_path, "hash-password", given=b"\xff\n")

    assert done.returncode == 2
    assert "is not UTF-8 text" in done.stderr


def test_hash_password_asks_twice_at_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "sidecar", "hash-password"],
        cwd=tmp_path,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Without the terminal of these tests, where the question would go.
        start_new_session=True,
    ) as asked:
        os.close(theirs)
        assert asked.stderr
        for question in ("Password: ", "The same again: "):
            said = b""
            while not said.endswith(question.encode()):
                said += asked.stderr.read(1)
                assert said[-1:], said
            os.write(ours, b"geheim\n")
        printed, _ = asked.communicate(timeout=30)
        os.close(ours)

    (line,) = printed.decode().splitlines()
    assert check_password_hash(line, "geheim")
