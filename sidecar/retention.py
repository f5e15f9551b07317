"""Nothing is kept for longer than the owner wants, also where that was once longer."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sidecar.config import Site, policy_for
from sidecar.ports import Store
from sidecar.track import change_record

RETENTION = "retention"
"""The kind of due entry of a look at what is kept of a site."""

FROM_THE_START = "0"
"""The item of a look that has yet to begin; of one that goes on, by how much and where."""

BringForward = Callable[[timedelta | None, int], int]
"""Has some erasures be due earlier by so much, or now; from a cursor on to the one returned."""


def look(
    store: Store, site: Site, item: str, bring_forward: BringForward, now: datetime
) -> str | None:
    """End what was kept for long enough; return the item of the next look, None where all is done.

    Sessions are found in the lists. When what stands in none, or is kept for longer, is to be
    erased was reckoned when it last changed: where the owner has come to want less, all of these
    are brought forward, some at a time.
    """
    record = store.begin(site.id).record()
    wanted = policy_for(site, record.settings).retention
    store.drop_kept_too_long(site.id, wanted, now)
    store.find_kept_too_long(site.id, wanted, now)
    if item != FROM_THE_START:
        by, cursor = item.split("-")
        return _go_on(bring_forward, timedelta(seconds=int(by)) or None, int(cursor))
    if record.retention != wanted:
        # Written first: what changes from now on is reckoned by it, and a later change is seen.
        change_record(store, site, lambda record: replace(record, retention=wanted))
    if record.retention is not None and record.retention <= wanted:
        return None
    return _go_on(bring_forward, record.retention and record.retention - wanted, 0)


def _go_on(bring_forward: BringForward, by: timedelta | None, cursor: int) -> str | None:
    following = bring_forward(by, cursor)
    seconds = int(by.total_seconds()) if by else 0
    return f"{seconds}-{following}" if following else None
