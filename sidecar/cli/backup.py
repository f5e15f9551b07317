"""`backup` and `restore`: data and keys in one file, here or on another machine."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from sidecar.adapters import backup as backups
from sidecar.adapters import embedded_redis, private_file
from sidecar.adapters import redis_keys as names
from sidecar.adapters.backup_file import Backup, BadBackup
from sidecar.adapters.key_check import fit
from sidecar.adapters.keys import Keys, are_written, as_text, keys_file, load_keys, read_keys
from sidecar.cli.probes import redis_trouble
from sidecar.config import Config, ConfigError, load
from sidecar.wiring import Sidecar, assemble

_PATIENCE = 60.0
"""Seconds for the embedded Redis to write its data when it is told to end."""

_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command()
@_file
@click.option("--without-keys", is_flag=True, help="Leave the keys out: FILE alone opens nothing.")
@click.pass_obj
def backup(path: Path | None, *, file: Path, without_keys: bool) -> None:
    """Write data and keys into FILE, also while the sidecar runs.

    FILE opens all contact data: only its owner can read it, and it must be kept like that. config.toml is not in it.
    """
    config = load(path)
    if not (are_written(config) or keys_file(config).exists()):
        raise click.ClickException(
            f"{keys_file(config)}: no such file; there is nothing to back up"
        )
    with _redis_at_hand(config):
        sidecar = assemble(config)
        text = None if without_keys else as_text(sidecar.keys)
        try:
            count = backups.back_up(file, sidecar.redis, text, sidecar.due.now(), _say)
        except OSError as fault:
            raise click.ClickException(f"{file}: cannot be written: {fault.strerror}") from None
    click.echo(f"{file}: {count} visits, {'without' if without_keys else 'with'} the keys")


@click.command()
@_file
@click.option("--replace", "may_replace", is_flag=True, help="Put FILE in place of what is here.")
@click.pass_obj
def restore(path: Path | None, *, file: Path, may_replace: bool) -> None:
    """Fill this sidecar, which must not run, from FILE.

    Afterwards WordPress is asked for what happened since; nothing is sent before it has told.
    """
    config = load(path)
    try:
        found = Backup(file)
        keys = _keys_for(found, config, may_replace=may_replace)
        _refuse_unfit(found, keys)
        with _redis_at_hand(config):
            # Keys stand before the data does that only they open.
            count = _fill(found, config, keys, may_replace=may_replace)
    except BadBackup as fault:
        raise click.ClickException(str(fault)) from None
    click.echo(
        f"{count} visits of {found.head.made_at:%Y-%m-%d %H:%M} UTC are back; start the sidecar now."
    )


def _say(text: str) -> None:
    click.echo(text, err=True)


def _keys_for(found: Backup, config: Config, *, may_replace: bool) -> Keys:
    """Return the keys that shall count from now on. Raises BadBackup."""
    stands = are_written(config) or keys_file(config).exists()
    if found.head.keys is None:
        if not stands:
            raise BadBackup(
                f"the backup holds no keys: put the keys.json that it was made with at "
                f"{keys_file(config)} first"
            )
        return load_keys(config)
    theirs = read_keys(found.head.keys, Path("the keys in the backup"))
    if not stands:
        return theirs
    ours = load_keys(config)
    if (ours.contact, ours.lookup) == (theirs.contact, theirs.lookup):
        return ours
    if are_written(config):
        raise BadBackup(f"[keys] in {config.path} are others than the backup's; take them out")
    if not may_replace:
        raise BadBackup(
            f"{keys_file(config)} holds other keys than the backup; --replace puts the backup's there"
        )
    return theirs


def _refuse_unfit(found: Backup, keys: Keys) -> None:
    used = (kept.value for kept in found.kept() if kept.name == names.KEYS_USED.encode())
    for fingerprints in used:
        if not fit(keys, fingerprints):
            raise BadBackup("the keys here are not those that the backup was made with")


def _fill(found: Backup, config: Config, keys: Keys, *, may_replace: bool) -> int:
    sidecar = _with_keys(config, keys)
    alive = sidecar.heartbeats.alive()
    if alive.total():
        raise BadBackup(f"the sidecar runs ({', '.join(sorted(alive))}); stop it first")
    if not may_replace and backups.is_filled(sidecar.redis):
        raise BadBackup("there is data here already; --replace puts the backup in its place")
    _keep(config, keys)
    return backups.put_back(found, config, sidecar.redis, sidecar.store, _say)


def _with_keys(config: Config, keys: Keys) -> Sidecar:
    written = replace(config.keys, contact=keys.contact, cookie=keys.cookie, lookup=keys.lookup)
    return assemble(replace(config, keys=written))


def _keep(config: Config, keys: Keys) -> None:
    if are_written(config):
        return
    file = keys_file(config)
    private_file.make_private_folder(file.parent)
    if file.exists():
        private_file.replace(file, as_text(keys))
    else:
        private_file.create(file, as_text(keys))


@contextmanager
def _redis_at_hand(config: Config) -> Iterator[None]:
    """Have Redis answer: an embedded one that does not run is started for as long as it takes."""
    if not config.redis.embedded or _answers(config):
        yield
        return
    with embedded_redis.owned(config):
        server = subprocess.Popen(embedded_redis.prepare(config))  # noqa: S603  # our own command
        try:
            _wait_for(server, config)
            yield
        finally:
            server.terminate()
            server.wait(_PATIENCE)


def _answers(config: Config) -> bool:
    try:
        return not redis_trouble(config)
    except ConfigError:  # it has never been started
        return False


def _wait_for(server: "subprocess.Popen[bytes]", config: Config) -> None:
    while not _answers(config):
        if server.poll() is not None:
            log = config.data_dir / "redis" / "redis.log"
            raise click.ClickException(f"the embedded Redis does not start; {log} says why")
        time.sleep(0.1)
