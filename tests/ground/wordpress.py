"""A private WordPress: MariaDB, a web server with PHP, and a copy of Debian's files."""

import contextlib
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.ground import mariadb, nginx, wp_config
from tests.ground.processes import HOST, free_port, private_directory
from tests.ground.web import Served, Server
from tests.ground.wp_config import php_literal

REPOSITORY = Path(__file__).parents[2]
SITE = Path(__file__).parent / "site"
DEBIANS_WORDPRESS = Path("/usr/share/wordpress")
PLUGINS = {
    "booknetic": REPOSITORY / "tests/booknetic",
    "booking-recovery-bridge": REPOSITORY / "wp-bridge",
}
BRIDGE = "booking-recovery-bridge"
BOOKNETIC = "5.1.2"

COMPLAINT = re.compile(
    r"^\[[^]]*\] (?:PHP (?:Notice|Warning|Deprecated|Fatal error|Parse error)|WordPress database error)"
    r".*(?:\n(?!\[).*)*",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """Who serves a site, where below the host it lies, and whether it is a network of blogs."""

    server: Server = nginx.serving
    below: str = ""  # or "/shop"
    is_network: bool = False


USUAL = Hosting()


@dataclass(frozen=True, slots=True)
class WordPress:
    """A running site, or a blog of one. `path` is its folder, `php_log` what PHP complained about."""

    url: str
    path: Path
    admin: Login
    php_log: Path
    access_log: Path

    @property
    def book_url(self) -> str:
        """The page with the booking form."""
        return f"{self.url}/book/"

    @property
    def loading(self) -> str:
        """PHP that loads the site; WordPress tells the blogs of a network by their address."""
        address = urlsplit(self.url)
        return (
            f"$_SERVER['HTTP_HOST'] = {php_literal(address.netloc)};"
            f"$_SERVER['REQUEST_URI'] = {php_literal(address.path + '/')};"
            "require 'wp-load.php';"
        )

    def php(self, code: str) -> str:
        """Run PHP within the site; return what it prints, raise when it fails."""
        return run_php(f"<?php {self.loading}\n{code}", cwd=self.path, log=self.php_log)

    def php_in_a_request(self, code: str) -> str:
        """Run PHP as the web server does, in a request that is nobody's; return its body.

        What a site puts off until its answer is out happens then, as it does not in `php`.
        """
        script = self.path / f"ground-{secrets.token_hex(8)}.php"
        script.write_text(f"<?php require 'wp-load.php';\n{code}")
        try:
            answer = requests.get(f"{self.url}/{script.name}", timeout=30)
        finally:
            script.unlink()
        answer.raise_for_status()
        return answer.text

    def log(self) -> str:
        return self.php_log.read_text(errors="replace") if self.php_log.exists() else ""

    def complaints(self) -> list[str]:
        """List PHP's and the database's complaints that name the bridge."""
        ours = re.compile(rf"{BRIDGE}|wp-bridge|booking_recovery", re.IGNORECASE)
        return [found for found in COMPLAINT.findall(self.log()) if ours.search(found)]

    def faults(self) -> list[str]:
        """List the faults that the bridge caught and noted; some tests provoke them."""
        return re.findall(r"^\[[^]]*\] Booking Recovery: .*", self.log(), re.MULTILINE)


def run_php(script: str, *, cwd: Path, log: Path) -> str:
    done = subprocess.run(  # noqa: S603 -- the ground names its commands itself
        ["php", "-d", "log_errors=1", "-d", f"error_log={log}"],  # noqa: S607 -- Debian's own
        input=script,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        logged = log.read_text(errors="replace")[-2000:] if log.exists() else ""
        msg = f"PHP ended with {done.returncode}:\n{done.stdout}{done.stderr}\n{logged}"
        raise RuntimeError(msg)
    return done.stdout


@contextlib.contextmanager
def started(
    folder: Path,
    *,
    smtp_port: int,
    linked: bool = False,
    booknetic: str = BOOKNETIC,
    hosting: Hosting = USUAL,
) -> Iterator[WordPress]:
    """Install and serve a site below `folder`, with the stand-in as that version of Booknetic.

    Its plugins are copies, as on a customer's site; `linked` ones follow every edit, and are of
    the version that they say. A network has them, too, and none of them active.
    """
    root = folder / "wordpress"
    site = root / hosting.below.lstrip("/")
    port = free_port()
    wordpress = WordPress(
        url=f"http://{HOST}:{port}{hosting.below}",
        path=site,
        admin=Login("admin", "correct horse battery staple"),
        php_log=folder / "php.log",
        access_log=folder / "access.log",
    )
    _lay_files(site, linked=linked)
    if not linked:
        _say_version(site, booknetic)
    with contextlib.ExitStack() as parts:
        database = parts.enter_context(mariadb.started(folder / "mariadb"))
        wp_config.write(
            site,
            url=wordpress.url,
            php_log=wordpress.php_log,
            database=database,
            smtp_port=smtp_port,
        )
        _install(wordpress)
        if hosting.is_network:
            _found_network(wordpress)
        else:
            _activate_all(wordpress, linked=linked)
        served = _served(wordpress, root=root, folder=folder, port=port, hosting=hosting)
        parts.enter_context(hosting.server(served))
        yield wordpress


@contextlib.contextmanager
def watched(
    *, smtp_port: int, booknetic: str = BOOKNETIC, hosting: Hosting = USUAL
) -> Iterator[WordPress]:
    """Serve a site in a folder of its own; fail at the end if PHP blamed the bridge."""
    with (
        private_directory() as folder,
        started(folder, smtp_port=smtp_port, booknetic=booknetic, hosting=hosting) as wordpress,
    ):
        yield wordpress
        assert not wordpress.complaints()


def change_booknetic(wordpress: WordPress, version: str) -> None:
    """Have a running site's stand-in be another version, as after an update."""
    _say_version(wordpress.path, version)
    wordpress.php("booknetic_stand_in_install();")


def start_over(wordpress: WordPress) -> None:
    """Forget what visitors have booked; remove the bridge with all it keeps, and add it again."""
    plugin = f"{BRIDGE}/{BRIDGE}.php"
    wordpress.php(
        "require_once ABSPATH . 'wp-admin/includes/plugin.php';"
        "booknetic_stand_in_clear();"
        f"deactivate_plugins( '{plugin}' );"
        f"uninstall_plugin( '{plugin}' );"
    )
    activate(wordpress, BRIDGE)


@contextlib.contextmanager
def copied(original: WordPress, folder: Path) -> Iterator[WordPress]:
    """Serve a copy of a running site, its files and its database, at another address."""
    port = free_port()
    copy = replace(
        original,
        url=f"http://{HOST}:{port}",
        path=folder / "wordpress",
        php_log=folder / "php.log",
        access_log=folder / "access.log",
    )
    database = f"copy_{port}"
    run_site_script(original, "copy.php", copy=database)
    shutil.copytree(original.path, copy.path)
    wp_config.change(
        copy.path,
        {
            "WP_HOME": copy.url,
            "WP_SITEURL": copy.url,
            "WP_DEBUG_LOG": str(copy.php_log),
            "DB_NAME": database,
        },
    )
    with USUAL.server(_served(copy, root=copy.path, folder=folder, port=port)):
        yield copy
        assert not copy.complaints()


def _lay_files(site: Path, *, linked: bool) -> None:
    shutil.copytree(DEBIANS_WORDPRESS, site)
    for debians in ("wp-config.php", ".htaccess"):
        (site / debians).unlink(missing_ok=True)
    content = site / "wp-content"
    shutil.rmtree(content / "plugins")
    (content / "plugins").mkdir()
    (content / "uploads").mkdir(exist_ok=True)
    shutil.copytree(SITE / "mu-plugins", content / "mu-plugins")
    shutil.copytree(SITE / "theme", content / "themes/ground")
    for name, source in PLUGINS.items():
        if linked:
            (content / "plugins" / name).symlink_to(source)
        else:
            shutil.copytree(source, content / "plugins" / name)


def _say_version(site: Path, booknetic: str) -> None:
    main = site / "wp-content/plugins/booknetic/init.php"
    text, found = re.subn(
        r"^( \* Version: ).*", rf"\g<1>{booknetic}", main.read_text(), count=1, flags=re.MULTILINE
    )
    assert found, "the stand-in's header says no version"
    main.write_text(text)


def _install(wordpress: WordPress) -> None:
    said = run_site_script(
        wordpress,
        "install.php",
        load=False,
        user=wordpress.admin.user,
        password=wordpress.admin.password,
    )
    assert said == "installed", f"WordPress was not installed:\n{said}\n{wordpress.log()}"


def _found_network(wordpress: WordPress) -> None:
    address = urlsplit(wordpress.url)
    said = run_site_script(
        wordpress, "network.php", domain=address.netloc, path=address.path + "/"
    )
    assert said == "founded", f"The network was not founded:\n{said}\n{wordpress.log()}"
    wp_config.change(
        wordpress.path,
        {
            # Every blog has an address of its own.
            "WP_HOME": None,
            "WP_SITEURL": None,
            "MULTISITE": True,
            "SUBDOMAIN_INSTALL": False,
            "DOMAIN_CURRENT_SITE": address.netloc,
            "PATH_CURRENT_SITE": address.path + "/",
            "SITE_ID_CURRENT_SITE": 1,
            "BLOG_ID_CURRENT_SITE": 1,
        },
    )


def _activate_all(wordpress: WordPress, *, linked: bool) -> None:
    for plugin in PLUGINS:
        try:
            activate(wordpress, plugin)
        except RuntimeError as error:
            if not linked:
                raise
            # Somebody is at work on it: the site is there to try the next edit.
            sys.stderr.write(f"{error}\n")


def activate(wordpress: WordPress, plugin: str, *, on_every_blog: bool = False) -> None:
    said = run_site_script(wordpress, "activate.php", plugin=plugin, everywhere=on_every_blog)
    assert said == "active", f"{plugin} was not activated:\n{said}\n{wordpress.log()}"


def run_site_script(
    wordpress: WordPress, script: str, /, *, load: bool = True, **given: str | bool
) -> str:
    """Run one of the scripts in `site`, with what it is given in variables named `ground_…`."""
    variables = [f"$ground_{key} = {php_literal(value)};" for key, value in given.items()]
    head = " ".join(([wordpress.loading] if load else []) + variables)
    code = f"<?php {head} ?>{(SITE / script).read_text()}"
    return run_php(code, cwd=wordpress.path, log=wordpress.php_log)


def _served(
    wordpress: WordPress, *, root: Path, folder: Path, port: int, hosting: Hosting = USUAL
) -> Served:
    return Served(
        root=root,
        folder=folder,
        port=port,
        php_log=wordpress.php_log,
        access_log=wordpress.access_log,
        below=hosting.below,
        is_network=hosting.is_network,
    )
