import pytest

from sidecar.adapters.vault import CannotOpen, Vault

OLD, NEW, LOOKUP = b"o" * 32, b"n" * 32, b"l" * 32


def test_what_is_sealed_opens_where_it_belongs_and_nowhere_else() -> None:
    vault = Vault((NEW,), LOOKUP)
    sealed = vault.seal(b"anna@example.com", bound_to="salon:s1")

    assert b"anna" not in sealed
    assert vault.open(sealed, bound_to="salon:s1") == b"anna@example.com"
    with pytest.raises(CannotOpen):
        vault.open(sealed, bound_to="salon:s2")
    with pytest.raises(CannotOpen):
        vault.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), bound_to="salon:s1")


def test_after_a_change_of_keys_what_was_sealed_before_still_opens() -> None:
    sealed = Vault((OLD,), LOOKUP).seal(b"anna", bound_to="x")

    assert Vault((NEW, OLD), LOOKUP).open(sealed, bound_to="x") == b"anna"
    with pytest.raises(CannotOpen):
        Vault((NEW,), LOOKUP).open(sealed, bound_to="x")


def test_a_token_is_the_same_each_time_and_differs_by_purpose_site_and_recovery() -> None:
    vault = Vault((NEW,), LOOKUP)
    tokens = {
        vault.resume_token("salon", "s1.1"),
        vault.resume_token("salon", "s1.2"),
        vault.resume_token("spa", "s1.1"),
        vault.opt_out_token("salon", vault.person("salon", "s1.1")),
        vault.hash_of_token("salon", "s1.1"),
    }

    assert vault.resume_token("salon", "s1.1") in tokens
    assert len(tokens) == 5


def test_an_opt_out_token_names_its_person_and_cannot_be_made_up() -> None:
    vault = Vault((NEW,), LOOKUP)
    person = vault.person("salon", "key")
    token = vault.opt_out_token("salon", person)

    assert vault.person_of_token("salon", token) == person
    assert vault.person_of_token("spa", token) is None
    assert Vault((NEW,), b"k" * 32).person_of_token("salon", token) is None
    for forged in ("", "x", token[:-4], token + "AAAA", "!" * 40, "A" * 40):
        assert vault.person_of_token("salon", forged) is None
