"""The sidecar's own keys: made once, kept for their owner alone."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sidecar.adapters.keys import load_keys
from sidecar.config import Config, ConfigError, load


def configured(folder: Path, text: str = "") -> Config:
    path = folder / "config.toml"
    path.write_text(text)
    return load(path, {})


def test_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    config = configured(tmp_path)

    keys = load_keys(config)

    assert load_keys(config) == keys
    assert [len(key) for key in (*keys.contact, keys.lookup)] == [32, 32]
    assert len(keys.cookie[0]) >= 32
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "var" / "keys.json").stat().st_mode) == 0o600
    assert [entry.name for entry in (tmp_path / "var").iterdir()] == ["keys.json"]


def test_each_data_folder_has_keys_of_its_own(tmp_path: Path) -> None:
    here = load_keys(configured(tmp_path))
    there = load_keys(configured(tmp_path, '[keys]\ndata_dir = "there"'))

    assert here.contact != there.contact
    assert here.cookie != there.cookie
    assert here.lookup != there.lookup


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    config = configured(tmp_path)

    with ThreadPoolExecutor(16) as pool:
        loaded = list(pool.map(load_keys, [config] * 16))

    assert all(keys == loaded[0] for keys in loaded)


def test_written_keys_win_over_kept_ones(tmp_path: Path) -> None:
    kept = load_keys(configured(tmp_path))
    written = base64.b64encode(b"w" * 32).decode()

    keys = load_keys(configured(tmp_path, f'[keys]\ncontact = ["{written}"]'))

    assert keys.contact == (b"w" * 32,)
    assert keys.lookup == kept.lookup
    assert keys.cookie == kept.cookie


def test_nothing_is_made_where_all_keys_are_written(tmp_path: Path) -> None:
    contact, lookup = (base64.b64encode(each * 32).decode() for each in (b"c", b"l"))
    text = f'[keys]\ncontact = ["{contact}"]\ncookie = ["{"k" * 32}"]\nlookup = "{lookup}"'

    keys = load_keys(configured(tmp_path, text))

    assert keys.lookup == b"l" * 32
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_keys_that_others_can_reach_are_refused(tmp_path: Path, mode: int) -> None:
    config = configured(tmp_path)
    load_keys(config)
    path = tmp_path / "var" / "keys.json"
    path.chmod(mode)

    with pytest.raises(ConfigError, match=f"run: chmod 600 {path}"):
        load_keys(config)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"contact": 1}', '{"contact": ["AA=="], "cookie": [], "lookup": ""}']
)
def test_damaged_keys_are_not_replaced(tmp_path: Path, text: str) -> None:
    config = configured(tmp_path)
    path = tmp_path / "var" / "keys.json"
    path.parent.mkdir()
    path.touch(mode=0o600)
    path.write_text(text)

    with pytest.raises(ConfigError, match="is damaged; put it back from a backup"):
        load_keys(config)

    assert path.read_text() == text


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    config = configured(tmp_path, '[keys]\ndata_dir = "config.toml"')

    with pytest.raises(ConfigError, match=r"keys\.json: .*; see \[keys\] data_dir"):
        load_keys(config)


def test_keys_are_not_shown(tmp_path: Path) -> None:
    assert repr(load_keys(configured(tmp_path))) == "Keys()"
