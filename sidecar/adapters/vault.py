"""Personal data at rest: sealed with a key that does not lie beside it; and what hangs on keys."""

import base64
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_PERSON = 16
_PROOF = 14


class CannotOpen(Exception):
    """A sealed value was made with a key we no longer have, or was tampered with."""


class Vault:
    """Seals with the first contact key (AES-GCM, 32 bytes), opens with any.

    `bound_to` names where a value belongs; it opens nowhere else.
    """

    def __init__(self, contact_keys: tuple[bytes, ...], lookup_key: bytes) -> None:
        self._ciphers = tuple(AESGCM(key) for key in contact_keys)
        self._lookup_key = lookup_key

    def seal(self, plain: bytes, *, bound_to: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._ciphers[0].encrypt(nonce, plain, bound_to.encode())

    def open(self, sealed: bytes, *, bound_to: str) -> bytes:
        nonce, locked = sealed[:_NONCE], sealed[_NONCE:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, locked, bound_to.encode())
            except InvalidTag:
                continue
        raise CannotOpen(f"none of the contact keys opens what belongs to {bound_to}")

    def resume_token(self, site: str, recovery_id: str) -> str:
        """The secret of a recovery's link: derived, so that it need not be kept."""
        return self._derive("resume", site, recovery_id)

    def person(self, site: str, person_key: str) -> str:
        """The hash by which a person is known in the store: of no use without the key."""
        return self._digest("person", site, person_key)[:_PERSON].hex()

    def opt_out_token(self, site: str, person: str) -> str:
        """The secret of a person's opt-out link. It names the person, and never expires."""
        return base64.urlsafe_b64encode(bytes.fromhex(person) + self._proof(site, person)).decode()

    def person_of_token(self, site: str, token: str) -> str | None:
        """The person whom an opt-out token means; None where we did not make it."""
        try:
            named = base64.urlsafe_b64decode(token)
        except ValueError:
            return None
        person, proof = named[:_PERSON].hex(), named[_PERSON:]
        return person if hmac.compare_digest(proof, self._proof(site, person)) else None

    def hash_of_token(self, site: str, token: str) -> str:
        """What a link is known by in the store, where its token must not lie."""
        return self._derive("link", site, token)

    def _derive(self, purpose: str, site: str, value: str) -> str:
        return base64.urlsafe_b64encode(self._digest(purpose, site, value)[:24]).decode()

    def _proof(self, site: str, person: str) -> bytes:
        return self._digest("opt-out", site, person)[:_PROOF]

    def _digest(self, purpose: str, site: str, value: str) -> bytes:
        message = f"{purpose}\0{site}\0{value}".encode()
        return hmac.digest(self._lookup_key, message, "sha256")
