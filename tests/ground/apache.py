"""Apache with PHP inside it: a visitor waits for whatever PHP does behind the answer."""

import contextlib
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

from tests.ground.processes import HOST, running
from tests.ground.web import Served

MODULES = Path("/usr/lib/apache2/modules")
USER = "www-data"


@contextlib.contextmanager
def serving(site: Served) -> Iterator[None]:
    conf = site.folder / "apache.conf"
    conf.write_text(_conf(site))
    if os.geteuid() == 0:
        _hand_over(site)
    apache = ["/usr/sbin/apache2", "-D", "FOREGROUND", "-d", str(site.folder), "-f", str(conf)]
    with running(apache, log=site.folder / "apache.out", at=(HOST, site.port)):
        yield


def _hand_over(site: Served) -> None:
    """Let the user own what PHP reads and writes: Apache serves nothing as root."""
    site.php_log.touch()
    user = pwd.getpwnam(USER)
    for path in (site.folder, site.php_log, site.root, *site.root.rglob("*")):
        os.lchown(path, user.pw_uid, user.pw_gid)


def _conf(site: Served) -> str:
    user = f"User {USER}\nGroup {USER}\n" if os.geteuid() == 0 else ""
    php = sorted(MODULES.glob("libphp*.so"))[-1]
    load = "".join(
        f"LoadModule {name}_module {MODULES}/mod_{name}.so\n"
        for name in ("mpm_prefork", "authz_core", "dir", "mime", "rewrite")
    )
    return f"""\
{load}LoadModule php_module {php}
{user}ServerName {HOST}
Listen {HOST}:{site.port}
PidFile {site.folder}/apache.pid
Mutex file:{site.folder}
StartServers 4
MaxRequestWorkers 8
TypesConfig /etc/mime.types
ErrorLog {site.folder}/apache.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog {site.access_log} common
DocumentRoot {site.root}
php_admin_flag log_errors on
php_admin_value error_log {site.php_log}
php_admin_value opcache.revalidate_freq 0
<Directory {site.root}>
  Require all granted
  DirectoryIndex index.php
  FallbackResource {site.below}/index.php
</Directory>
<FilesMatch "\\.php$">
  SetHandler application/x-httpd-php
</FilesMatch>
"""
