"""Values for tests, with only what a test is about said out loud."""

from datetime import UTC, datetime, timedelta

from sidecar.domain.booking import Appointment, Booking, Money
from sidecar.domain.events import (
    BookingConfirmed,
    BookingCreated,
    ContactGiven,
    StepReached,
)
from sidecar.domain.person import Contact
from sidecar.domain.policy import Policy
from sidecar.domain.session import Session, begin, hear

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANNA = Contact(email="anna@example.com", first_name="Anna")
POLICY = Policy(
    abandon_after=timedelta(minutes=15),
    unpaid_after=timedelta(minutes=30),
    messages=(timedelta(minutes=45),),
    max_lateness=timedelta(hours=24),
    attribution_window=timedelta(days=7),
)


def after(**duration: float) -> datetime:
    """Noon, so much later."""
    return NOON + timedelta(**duration)


def step(seq: int = 1, at: datetime = NOON, session: str = "s1") -> StepReached:
    return StepReached(seq=seq, at=at, session_id=session, step="date_time")


def contact(seq: int = 2, at: datetime = NOON, session: str = "s1") -> ContactGiven:
    return ContactGiven(seq=seq, at=at, session_id=session, contact=ANNA)


def booking(
    key: str = "b1", *, created_at: datetime = NOON, status: str = "approved", days: int = 3
) -> Booking:
    appointment = Appointment(id=7, starts_at=after(days=days), status=status)
    return Booking(
        key=key,
        created_at=created_at,
        appointments=(appointment,),
        total=Money(amount="45.00", currency="EUR"),
    )


def confirmed(
    made: Booking, seq: int = 20, *, at: datetime | None = None, session: str = "s1"
) -> BookingConfirmed:
    return BookingConfirmed(seq=seq, at=at or made.created_at, session_id=session, booking=made)


def created(made: Booking, seq: int = 19, session: str = "s1") -> BookingCreated:
    return BookingCreated(seq=seq, at=made.created_at, session_id=session, booking=made)


def visited(*, session: str = "s1", reachable: bool = True) -> Session:
    """A session whose visitor was seen at noon and is still thought to be there."""
    visit = hear(begin("salon", session, NOON), step(session=session))
    return hear(visit, contact(session=session)) if reachable else visit
