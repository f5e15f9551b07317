"""A session's id that was written short is had back, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.adapters.redis_store import _in_full, _short

OF_A_BRIDGE = "0123456789abcdef" * 2


@given(st.from_regex("[!-9;-~]{1,128}|[0-9a-f]{32}", fullmatch=True))
def test_every_id_is_had_back(session_id: str) -> None:
    assert _in_full(_short(session_id)) == session_id


def test_one_of_a_bridge_takes_half_its_bytes() -> None:
    assert len(_short(OF_A_BRIDGE)) == 1 + len(OF_A_BRIDGE) // 2


def test_one_that_an_earlier_version_wrote_in_full_is_read() -> None:
    assert _in_full(OF_A_BRIDGE.encode()) == OF_A_BRIDGE


@pytest.mark.parametrize("length", [0, 15, 17])
def test_what_is_not_as_long_as_a_short_one_is_none(length: int) -> None:
    assert _in_full(b":" + b"a" * length) is None
