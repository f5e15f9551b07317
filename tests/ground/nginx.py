"""nginx with php-fpm: the answer goes out, and PHP works on behind it."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.ground.processes import HOST, running
from tests.ground.web import Served

STATUS = "/php-status"
"""Where PHP says what it is at."""


@contextlib.contextmanager
def serving(
    site: Served, env: Mapping[str, str] | None = None, *, looks_anew_after: int = 0
) -> Iterator[None]:
    """Serve a site; `env` is what PHP's own processes begin with besides.

    Tests write PHP files anew, and ask for them at once: PHP looks whether one has changed when
    it last did so `looks_anew_after` seconds ago. Its own default is 2.
    """
    folder = site.folder
    fpm_socket = folder / "fpm.sock"
    fpm_conf, nginx_conf = folder / "fpm.conf", folder / "nginx.conf"
    status = folder / "fpm-status.sock"
    fpm_conf.write_text(
        _fpm_conf(site, socket=fpm_socket, status=status, looks_anew_after=looks_anew_after)
    )
    nginx_conf.write_text(_nginx_conf(site, fpm=fpm_socket, status=status))
    fpm = [_php_fpm(), "--nodaemonize", "--fpm-config", str(fpm_conf)]
    if os.geteuid() == 0:
        fpm.append("--allow-to-run-as-root")
    nginx = ["/usr/sbin/nginx", "-p", str(folder), "-c", str(nginx_conf), "-e", "nginx.log"]
    with (
        running(fpm, log=folder / "fpm.out", at=fpm_socket, env=env),
        running(nginx, log=folder / "nginx.out", at=(HOST, site.port)),
    ):
        yield


def _php_fpm() -> str:
    found = sorted(Path("/usr/sbin").glob("php-fpm*"))
    if not found:
        msg = "php-fpm is missing; tests/ground/debian.sh installs it"
        raise RuntimeError(msg)
    return str(found[-1])


def _fpm_conf(site: Served, *, socket: Path, status: Path, looks_anew_after: int) -> str:
    user = "user = root\ngroup = root\n" if os.geteuid() == 0 else ""
    return f"""\
[global]
error_log = {site.folder}/fpm.log
[site]
{user}listen = {socket}
pm = static
pm.max_children = 8
catch_workers_output = yes
; Who of them is at work, also behind an answer: php-fpm's own log of requests leaves that out.
pm.status_path = {STATUS}
pm.status_listen = {status}
php_admin_flag[log_errors] = on
php_admin_value[error_log] = {site.php_log}
php_admin_value[opcache.revalidate_freq] = {looks_anew_after}
"""


def _nginx_conf(site: Served, *, fpm: Path, status: Path) -> str:
    user = "user root;\n" if os.geteuid() == 0 else ""
    return f"""\
{user}daemon off;
worker_processes 1;
pid {site.folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
  include /etc/nginx/mime.types;
  access_log {site.access_log};
  client_body_temp_path {site.folder}/nginx-body;
  fastcgi_temp_path {site.folder}/nginx-fastcgi;
  proxy_temp_path {site.folder}/nginx-proxy;
  uwsgi_temp_path {site.folder}/nginx-uwsgi;
  scgi_temp_path {site.folder}/nginx-scgi;
  server {{
    listen {HOST}:{site.port};
    server_name {HOST};
    root {site.root};
    index index.php;
{_BLOGS if site.is_network else ""}\
    location = {STATUS} {{
      access_log off;
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME {STATUS};
      fastcgi_pass unix:{status};
    }}
    location / {{ try_files $uri $uri/ {site.below}/index.php?$args; }}
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


# The files of every blog are those of the first.
_BLOGS = """\
    if (!-e $request_filename) {
      rewrite /wp-admin$ $scheme://$http_host$uri/ permanent;
      rewrite ^(/[^/]+)?(/wp-.*) $2 last;
      rewrite ^(/[^/]+)?(/.*\\.php) $2 last;
    }
"""
