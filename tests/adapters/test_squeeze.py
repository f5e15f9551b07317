"""What is squeezed is had back as it was, and what was damaged is not taken for a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.adapters.squeeze import SESSION, Damaged, expand, squeeze


@given(st.binary())
def test_what_is_squeezed_is_had_back_as_it_was(plain: bytes) -> None:
    assert expand(squeeze(plain, SESSION), SESSION) == plain


def test_what_a_sample_holds_takes_next_to_nothing() -> None:
    most = SESSION[len(SESSION) // 2 :]

    assert len(squeeze(most, SESSION)) < len(squeeze(most, b"another sample")) / 10


@given(st.binary(min_size=1), st.data())
def test_what_was_cut_short_is_damaged(plain: bytes, data: st.DataObject) -> None:
    squeezed = squeeze(plain, SESSION)
    left = data.draw(st.integers(0, len(squeezed) - 1))

    with pytest.raises(Damaged):
        expand(squeezed[:left], SESSION)


@pytest.mark.parametrize("behind", [b"\0", b"something else"])
def test_what_has_something_behind_it_is_damaged(behind: bytes) -> None:
    with pytest.raises(Damaged):
        expand(squeeze(b"a value", SESSION) + behind, SESSION)


def test_what_was_never_squeezed_is_damaged() -> None:
    with pytest.raises(Damaged):
        expand(b"what somebody else wrote", SESSION)
