"""Who belongs together: one person's ways through the form, on whatever device."""

from collections.abc import Iterable

from sidecar.domain.session import Session
from sidecar.ports import Work

AT_MOST = 20
"""Sessions of one person that are looked at together; the latest count."""


def related(work: Work, session: Session) -> dict[str, Session]:
    """Return a session with all that are joined to it: by a link or by a shared person.

    What the same person does with another tenant of the site is that business's own affair.
    """
    group: dict[str, Session] = {}
    waiting = [session.id]
    while waiting and len(group) < AT_MOST:
        found = work.session(waiting.pop(0))
        if found is not None and found.id not in group and not _is_elsewhere(found, session):
            group[found.id] = found
            waiting.extend(_neighbours(work, found))
    return group


def joined(work: Work, session: Session) -> list[str]:
    """The ids of the visits that belong to a session's, for people to look at."""
    group = related(work, session)
    return sorted(key for key, other in group.items() if key != session.id and not other.offsite)


def _is_elsewhere(other: Session, session: Session) -> bool:
    one, another = other.visit.tenant_id, session.visit.tenant_id
    return one is not None and another is not None and one != another


def _neighbours(work: Work, session: Session) -> Iterable[str]:
    yield from session.joined
    for identifier in sorted(session.identifiers):
        yield from work.sessions_of(work.person(identifier), AT_MOST)
