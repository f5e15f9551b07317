"""What staff do to a session by hand; each is told in its timeline with who did it."""

from dataclasses import replace
from datetime import datetime

from sidecar.domain.abandonment import skip
from sidecar.domain.recovery import Outcome, Reason, Recovery
from sidecar.domain.session import Entry, PhoneCall, Phoned, Session, State, What


def may_hurry(session: Session, recovery: Recovery) -> bool:
    """Tell whether a message waits for a time, and not for the visitor to leave again."""
    return recovery.outcome is Outcome.WAITING and session.state is not State.ACTIVE


def hurry(session: Session, recovery: Recovery, by: str, now: datetime) -> Session:
    """Make a waiting message due now; every check is made as at any other time."""
    due = replace(recovery, due_at=now, try_at=None)
    return session.with_recovery(due).told(_entry(What.HURRIED, by, now, recovery))


def may_leave_out(recovery: Recovery) -> bool:
    return recovery.outcome is Outcome.WAITING


def leave_out(session: Session, recovery: Recovery, by: str, now: datetime) -> Session:
    """End a waiting message unsent."""
    told = session.told(_entry(What.LEFT_OUT, by, now, recovery))
    return skip(told, recovery, Reason.SUPERSEDED, now)


def note_call(session: Session, outcome: Phoned, by: str, now: datetime) -> Session:
    """Note what came of a call to the visitor; whoever was reached gets no message on top of it."""
    details = (("by", by), ("phoned", str(outcome)))
    session = replace(session, phoned=PhoneCall(outcome=outcome, at=now, by=by))
    session = session.told(Entry(at=now, what=What.PHONED, details=details))
    if outcome is Phoned.NOT_REACHED:
        return session
    for recovery in session.recoveries:
        if may_leave_out(recovery):
            session = skip(session, recovery, Reason.SUPERSEDED, now)
    return session


def _entry(what: What, by: str, now: datetime, recovery: Recovery) -> Entry:
    return Entry(at=now, what=what, details=(("by", by), ("recovery", str(recovery.number))))
