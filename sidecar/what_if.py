"""What would have been sent under other settings, and what not; nothing is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sidecar.config import Site, zone_for
from sidecar.domain.policy import Policy
from sidecar.domain.session import Session
from sidecar.domain.simulation import Simulated, simulate
from sidecar.domain.suppression import Suppression
from sidecar.group import related
from sidecar.ports import Store, Work


@dataclass(slots=True)
class WhatIf:
    """The messages to the visitors of a range, as they would have gone under one policy."""

    visits: int = 0
    sent: int = 0
    waiting: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    messages: list[Simulated] = field(default_factory=list)

    def add(self, message: Simulated) -> None:
        self.messages.append(message)
        if message.reason is not None:
            self.skipped[message.reason] += 1
        elif message.at is None:
            self.waiting += 1
        else:
            self.sent += 1


def what_if(
    store: Store,
    site: Site,
    policy: Policy,
    since: datetime,
    now: datetime,
    *,
    at_most: int | None = None,
) -> WhatIf:
    """Replay the visits that were seen since a moment, person by person, the latest first.

    With `at_most` it ends with the person whose visits make so many.
    """
    found = WhatIf()
    done: set[str] = set()
    zone = zone_for(site, store.begin(site.id).record().timezone)
    # Each of them adds a visit, or was counted with another's.
    for session_id in store.seen_since(site.id, since, at_most):
        if at_most is not None and found.visits >= at_most:
            break
        if session_id in done:
            continue
        work = store.begin(site.id, sessions=[session_id])
        session = work.session(session_id)
        if session is None:
            continue
        group = related(work, session)
        meant = {one.id for one in group.values() if one.counts and one.last_seen >= since} - done
        done |= meant
        found.visits += len(meant)
        told = simulate(
            group.values(), policy, zone, now, suppression=_suppression(work, group.values())
        )
        for message in told:
            if message.session_id in meant:
                found.add(message)
    return found


def _suppression(work: Work, group: Iterable[Session]) -> Suppression | None:
    persons = {work.person(identifier) for one in group for identifier in one.identifiers}
    return work.suppression(persons)
