"""A private WordPress: MariaDB, php-fpm, nginx and a copy of Debian's files."""

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import requests

from tests.ground import mariadb
from tests.ground.processes import HOST, free_port, private_directory, running

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


@dataclass(frozen=True, slots=True)
class WordPress:
    """A running site. `path` is its folder, `php_log` what PHP complained about."""

    url: str
    path: Path
    admin: Login
    php_log: Path
    access_log: Path

    @property
    def book_url(self) -> str:
        """The page with the booking form."""
        return f"{self.url}/book/"

    def php(self, code: str) -> str:
        """Run PHP within the site; return what it prints, raise when it fails."""
        return run_php(f"<?php require 'wp-load.php';\n{code}", cwd=self.path, log=self.php_log)

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
    folder: Path, *, smtp_port: int, linked: bool = False, booknetic: str = BOOKNETIC
) -> Iterator[WordPress]:
    """Install and serve a site below `folder`, with the stand-in as that version of Booknetic.

    Its plugins are copies, as on a customer's site; `linked` ones follow every edit, and are of
    the version that they say.
    """
    site = folder / "wordpress"
    port = free_port()
    wordpress = WordPress(
        url=f"http://{HOST}:{port}",
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
        (site / "wp-config.php").write_text(
            _wp_config(wordpress, database=database, smtp_port=smtp_port)
        )
        _install(wordpress)
        for plugin in PLUGINS:
            try:
                _activate(wordpress, plugin)
            except RuntimeError as error:
                if not linked:
                    raise
                # Somebody is at work on it: the site is there to try the next edit.
                sys.stderr.write(f"{error}\n")
        parts.enter_context(_served(wordpress, folder=folder, port=port))
        yield wordpress


@contextlib.contextmanager
def watched(*, smtp_port: int, booknetic: str = BOOKNETIC) -> Iterator[WordPress]:
    """Serve a site in a folder of its own; fail at the end if PHP blamed the bridge."""
    with (
        private_directory() as folder,
        started(folder, smtp_port=smtp_port, booknetic=booknetic) as wordpress,
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
    _activate(wordpress, BRIDGE)


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
    load = f"require 'wp-load.php'; $ground_copy = {_php(database)};"
    run_php(_script(load, "copy.php"), cwd=original.path, log=original.php_log)
    shutil.copytree(original.path, copy.path)
    config = copy.path / "wp-config.php"
    text = config.read_text()
    for ours, its in (
        (original.url, copy.url),
        (str(original.php_log), str(copy.php_log)),
        (f"'DB_NAME', '{mariadb.DATABASE}'", f"'DB_NAME', '{database}'"),
    ):
        assert ours in text
        text = text.replace(ours, its)
    config.write_text(text)
    with _served(copy, folder=folder, port=port):
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


def _wp_config(wordpress: WordPress, *, database: Path, smtp_port: int) -> str:
    constants: dict[str, str | int | bool] = {
        "DB_NAME": mariadb.DATABASE,
        "DB_USER": "root",
        "DB_PASSWORD": "",
        "DB_HOST": f"localhost:{database}",
        "DB_CHARSET": "utf8mb4",
        "DB_COLLATE": "",
        "WP_HOME": wordpress.url,
        "WP_SITEURL": wordpress.url,
        "WP_DEFAULT_THEME": "ground",
        "WP_DEBUG": True,
        "WP_DEBUG_LOG": str(wordpress.php_log),
        "WP_DEBUG_DISPLAY": False,
        "DISABLE_WP_CRON": True,
        "AUTOMATIC_UPDATER_DISABLED": True,
        # Linked plugins are the repository's own files: the site must not delete them.
        "DISALLOW_FILE_MODS": True,
        "WP_HTTP_BLOCK_EXTERNAL": True,
        "WP_ACCESSIBLE_HOSTS": HOST,
        "GROUND_SMTP_HOST": HOST,
        "GROUND_SMTP_PORT": smtp_port,
    }
    lines = [f"define( '{name}', {_php(value)} );" for name, value in constants.items()]
    return "\n".join(
        (
            "<?php",
            *lines,
            "$table_prefix = 'wp_';",
            "defined( 'ABSPATH' ) || define( 'ABSPATH', __DIR__ . '/' );",
            "require_once ABSPATH . 'wp-settings.php';",
            "",
        )
    )


def _php(value: str | int | bool) -> str:  # noqa: FBT001 -- a PHP literal may be a boolean
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _install(wordpress: WordPress) -> None:
    login = (
        f"$ground_user = {_php(wordpress.admin.user)};"
        f"$ground_password = {_php(wordpress.admin.password)};"
    )
    said = run_php(_script(login, "install.php"), cwd=wordpress.path, log=wordpress.php_log)
    assert said == "installed", f"WordPress was not installed:\n{said}\n{wordpress.log()}"


def _activate(wordpress: WordPress, plugin: str) -> None:
    load = f"require 'wp-load.php'; $ground_plugin = {_php(plugin)};"
    said = run_php(_script(load, "activate.php"), cwd=wordpress.path, log=wordpress.php_log)
    assert said == "active", f"{plugin} was not activated:\n{said}\n{wordpress.log()}"


def _script(given: str, name: str) -> str:
    return f"<?php {given} ?>{(SITE / name).read_text()}"


@contextlib.contextmanager
def _served(wordpress: WordPress, *, folder: Path, port: int) -> Iterator[None]:
    fpm_socket = folder / "fpm.sock"
    fpm_conf, nginx_conf = folder / "fpm.conf", folder / "nginx.conf"
    fpm_conf.write_text(_fpm_conf(wordpress, folder=folder, socket=fpm_socket))
    nginx_conf.write_text(_nginx_conf(wordpress, folder=folder, port=port, fpm=fpm_socket))
    fpm = [_php_fpm(), "--nodaemonize", "--fpm-config", str(fpm_conf)]
    if os.geteuid() == 0:
        fpm.append("--allow-to-run-as-root")
    nginx = ["/usr/sbin/nginx", "-p", str(folder), "-c", str(nginx_conf), "-e", "nginx.log"]
    with (
        running(fpm, log=folder / "fpm.out", at=fpm_socket),
        running(nginx, log=folder / "nginx.out", at=(HOST, port)),
    ):
        yield


def _php_fpm() -> str:
    found = sorted(Path("/usr/sbin").glob("php-fpm*"))
    if not found:
        msg = "php-fpm is missing; tests/ground/debian.sh installs it"
        raise RuntimeError(msg)
    return str(found[-1])


def _fpm_conf(wordpress: WordPress, *, folder: Path, socket: Path) -> str:
    user = "user = root\ngroup = root\n" if os.geteuid() == 0 else ""
    return f"""\
[global]
error_log = {folder}/fpm.log
[site]
{user}listen = {socket}
pm = static
pm.max_children = 8
catch_workers_output = yes
php_admin_flag[log_errors] = on
php_admin_value[error_log] = {wordpress.php_log}
"""


def _nginx_conf(wordpress: WordPress, *, folder: Path, port: int, fpm: Path) -> str:
    user = "user root;\n" if os.geteuid() == 0 else ""
    return f"""\
{user}daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
  include /etc/nginx/mime.types;
  access_log {wordpress.access_log};
  client_body_temp_path {folder}/nginx-body;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  proxy_temp_path {folder}/nginx-proxy;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  server {{
    listen {HOST}:{port};
    server_name {HOST};
    root {wordpress.path};
    index index.php;
    location / {{ try_files $uri $uri/ /index.php?$args; }}
    location ~ \\.php$ {{
      try_files $uri =404;
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      # Debian's parameters give the host without its port.
      fastcgi_param HTTP_HOST $http_host;
      fastcgi_read_timeout 120s;
      fastcgi_pass unix:{fpm};
    }}
  }}
}}
"""
