"""A recovery: one attempt to win a visitor back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """Where a recovery stands; from `SENT` on the words are those of the bridge's answers."""

    WAITING = "waiting"
    HANDING_OVER = "handing_over"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    SENT = "sent"
    NO_WORKFLOW = "no_workflow"
    STOPPED = "stopped"
    FAILED = "failed"
    PARTIAL = "partial"
    INTERRUPTED = "interrupted"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({Outcome.WAITING, Outcome.HANDING_OVER})
REACHED_SOMEONE = frozenset({Outcome.SENT, Outcome.PARTIAL})
MAY_HAVE_REACHED_SOMEONE = REACHED_SOMEONE | {Outcome.UNKNOWN, Outcome.INTERRUPTED}


ENDED_BADLY = frozenset(
    {
        Outcome.FAILED,
        Outcome.NO_WORKFLOW,
        Outcome.PARTIAL,
        Outcome.INTERRUPTED,
        Outcome.UNKNOWN,
        Outcome.WITHDRAWN,
    }
)
"""What is over and needs a person: nobody decided that it should end so."""


class Reason(StrEnum):
    """Why a recovery was not sent: the closed list of the contract."""

    NO_CONTACT = "no_contact"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    FORGOTTEN = "forgotten"
    HOLDOUT = "holdout"
    COOLDOWN = "cooldown"
    CAPPED = "capped"
    SUPERSEDED = "superseded"
    BOOKED = "booked"
    TOO_LATE = "too_late"
    SLOT_PASSED = "slot_passed"
    LEAD_TIME = "lead_time"
    BOT = "bot"
    PAUSED = "paused"
    DRY_RUN = "dry_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """`try_at` is when an unfinished hand-over is looked at again; `tries` counts the looks.

    `retry` says that WordPress has ended this one before and shall run it again.
    """

    number: int
    due_at: datetime
    outcome: Outcome = Outcome.WAITING
    reason: str | None = None
    handed_at: datetime | None = None
    sent_at: datetime | None = None
    try_at: datetime | None = None
    tries: int = 0
    retry: bool = False

    @property
    def is_open(self) -> bool:
        return self.outcome in OPEN

    @property
    def reached_someone(self) -> bool:
        return self.outcome in REACHED_SOMEONE

    @property
    def burdened_at(self) -> datetime | None:
        """When somebody had this message, or may have had it; None where nobody did."""
        if self.outcome not in MAY_HAVE_REACHED_SOMEONE:
            return None
        return self.sent_at or self.handed_at


def recovery_id(session_id: str, number: int) -> str:
    return f"{session_id}.{number}"


def split_recovery_id(recovery: str) -> tuple[str, int]:
    """Return the session's id and the number; raises ValueError where it is no recovery's id."""
    session_id, _, number = recovery.rpartition(".")
    if not session_id:
        raise ValueError("not a recovery id")
    return session_id, int(number)
