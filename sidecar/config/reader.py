"""Tables of one configuration file, read key by key."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sidecar.config.values import Parser, near
from sidecar.domain.errors import SidecarError


class ConfigError(SidecarError):
    """The configuration is wrong; the text names the key, its table and what is allowed."""


class Reader:
    """Reads tables of one file, and resolves secrets that stand elsewhere."""

    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self.path = path
        self._environ = environ

    def wrong(self, where: str, what: str) -> ConfigError:
        return ConfigError(f"{self.path}: {where} {what}")

    def read(
        self,
        where: str,
        table: Any,
        keys: Mapping[str, Parser],
        secrets: Mapping[str, Parser] = MappingProxyType({}),
        *,
        required: Collection[str] = (),
        nested: Collection[str] = (),
    ) -> dict[str, Any]:
        """Return the parsed keys that the table has; `nested` ones are read by the caller."""
        if not isinstance(table, dict):
            raise self.wrong(where, "must be a table")
        spellings = [key + end for key in secrets for end in ("", "_env", "_file")]
        self.refuse_unknown(where, table, [*keys, *spellings, *nested])
        values = {
            key: self._plain(where, key, table[key], keys[key]) for key in keys if key in table
        }
        for key, parser in secrets.items():
            written = [key + end for end in ("", "_env", "_file") if key + end in table]
            if len(written) > 1:
                raise self.wrong(where, f"has {' and '.join(written)}; only one of them may stand")
            if written:
                values[key] = self._secret(where, written[0], table[written[0]], parser)
        for key in required:
            if key not in values:
                others = f" (or {key}_env, {key}_file)" if key in secrets else ""
                raise self.wrong(where, f"needs the key {key}{others}")
        return values

    def refuse_unknown(self, where: str, table: Mapping[str, Any], allowed: list[str]) -> None:
        for key in table:
            if key not in allowed:
                hint = near(key, allowed)
                raise self.wrong(where, f'has no "{key}"{hint}; allowed: {", ".join(allowed)}')

    def _plain(self, where: str, key: str, value: Any, parser: Parser) -> Any:
        try:
            return parser(value)
        except ValueError as error:
            shown = json.dumps(value, default=str, ensure_ascii=False)
            shown = shown if len(shown) <= 60 else shown[:57] + "..."
            raise self.wrong(where, f"{key} must be {error}, not {shown}") from None

    def _secret(self, where: str, spelling: str, value: Any, parser: Parser) -> Any:
        """Parse a secret; no message shows any of it."""
        if spelling.endswith("_env"):
            value = self._from_variable(where, spelling, value)
        elif spelling.endswith("_file"):
            value = self._from_file(where, spelling, value)
        try:
            return parser(value)
        except ValueError as error:
            raise self.wrong(where, f"{spelling} must hold {error}") from None

    def _from_variable(self, where: str, spelling: str, name: Any) -> str:
        if not isinstance(name, str) or not name:
            raise self.wrong(where, f"{spelling} must be the name of an environment variable")
        value = self._environ.get(name, "").strip()
        if not value:
            raise self.wrong(where, f"{spelling}: the variable {name} is not set, or empty")
        return value

    def _from_file(self, where: str, spelling: str, name: Any) -> str:
        if not isinstance(name, str) or not name or "\0" in name:
            raise self.wrong(where, f"{spelling} must be the path of a file")
        path = self.path.parent / Path(name)
        try:
            value = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise self.wrong(where, f"{spelling}: {path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise self.wrong(where, f"{spelling}: {path} is not text") from None
        if not value:
            raise self.wrong(where, f"{spelling}: {path} is empty")
        return value
