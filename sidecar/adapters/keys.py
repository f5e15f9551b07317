"""The sidecar's own keys: written by the operator, else made once and kept in the data folder."""

import base64
import contextlib
import json
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from sidecar.adapters import private_file
from sidecar.config import Config, ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """`contact` encrypts contact data, `cookie` signs log-ins: the first is used, all are accepted.

    `lookup` keys the hashes of people. The byte keys are 32 bytes long.
    """

    contact: tuple[bytes, ...] = field(repr=False)
    cookie: tuple[str, ...] = field(repr=False)
    lookup: bytes = field(repr=False)


def load_keys(config: Config) -> Keys:
    """Return the keys; makes `keys.json` at the first start. Raises ConfigError."""
    written = config.keys
    if are_written(config):
        return Keys(contact=written.contact, cookie=written.cookie, lookup=written.lookup)
    kept = _kept(keys_file(config))
    return Keys(
        contact=written.contact or kept.contact,
        cookie=written.cookie or kept.cookie,
        lookup=written.lookup or kept.lookup,
    )


def keys_file(config: Config) -> Path:
    """Return where the keys are that the operator did not write."""
    return config.data_dir / "keys.json"


def as_text(keys: Keys) -> str:
    """Return keys as they stand in keys.json."""
    return _text(
        [base64.b64encode(key).decode() for key in keys.contact],
        list(keys.cookie),
        base64.b64encode(keys.lookup).decode(),
    )


def are_written(config: Config) -> bool:
    """Tell whether the operator wrote all keys, so that none is kept in the data folder."""
    return bool(config.keys.contact and config.keys.cookie and config.keys.lookup)


def read_keys(text: str, path: Path) -> Keys:
    """Return the keys in the text of a keys.json from `path`. Raises ConfigError."""
    return _parsed(text, path)


def _kept(path: Path) -> Keys:
    try:
        private_file.make_private_folder(path.parent)
        if not path.exists():
            # Somebody who was faster has made the keys that count.
            with contextlib.suppress(FileExistsError):
                private_file.create(path, _fresh())
        _refuse_readers(path)
        return _parsed(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; see [keys] data_dir") from None


def _fresh() -> str:
    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return _text([key()], [secrets.token_urlsafe(32)], key())


def _text(contact: list[str], cookie: list[str], lookup: str) -> str:
    return json.dumps({"contact": contact, "cookie": cookie, "lookup": lookup}, indent=2) + "\n"


def _refuse_readers(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"{path}: others than its owner can read the keys to all contact data; "
            f"run: chmod 600 {path}"
        )


def _parsed(text: str, path: Path) -> Keys:
    try:
        kept = json.loads(text)
        return Keys(
            contact=tuple(_key(key) for key in kept["contact"]),
            cookie=tuple(str(key) for key in kept["cookie"]),
            lookup=_key(kept["lookup"]),
        )
    except (ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{path}: is damaged; put it back from a backup, because without its keys "
            "the contact data kept so far cannot be read"
        ) from None


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != 32:
        raise ValueError("not 32 bytes")
    return key
