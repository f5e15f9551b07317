"""Whether a visitor may be written to at all, whatever the time."""

from sidecar.domain.events import Basis
from sidecar.domain.policy import ConsentMode, Policy
from sidecar.domain.recovery import Reason
from sidecar.domain.session import Session


def obstacle(session: Session, policy: Policy) -> Reason | None:
    """Return why this session's visitor must not be written to, or None."""
    if session.forgotten:
        return Reason.FORGOTTEN
    if session.contact is None or not session.contact.can_be_reached:
        return Reason.NO_CONTACT
    if not _agreed(session, policy.consent):
        return Reason.NO_CONSENT
    if session.looks_like_a_robot:
        return Reason.BOT
    return None


def _agreed(session: Session, mode: ConsentMode) -> bool:
    """A no always counts; a yes is needed where the owner asks for one."""
    basis = session.consent.basis if session.consent else None
    if mode is ConsentMode.OPT_IN:
        return basis is Basis.OPT_IN
    return basis is not Basis.DENIED
