"""Read from WordPress what the store lacks: events, settings, and whom not to write to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from sidecar.commit import decided
from sidecar.config import Site
from sidecar.domain.outbox import next_reading
from sidecar.domain.site import SiteRecord
from sidecar.payloads import Envelope
from sidecar.ports import BookingSite, OutboxPage, SiteStatus, Store, SuppressionPage, Work
from sidecar.track import READ_OUTBOX, change_record, receive

AT_START = "at-start"
"""The item of a reading of an outbox that begins before the cursor."""

OVERLAP = 1000
"""Events before the cursor that are read again at a start: the store may have lost its last."""

PAGE = 100
"""Events asked for in one reading of an outbox."""

_TOLERATED_SKEW = 2.0
"""Seconds that a site's clock may differ from ours and still be taken at its word."""


def read_outbox(
    store: Store,
    booking_site: BookingSite,
    site: Site,
    *,
    clock: Callable[[], datetime],
    overlap: int = 0,
) -> None:
    """Read what the site's outbox holds beyond the cursor, through the same door as webhooks.

    A store that is new has the settings and the opt-outs read first, and sends nothing
    before. Raises what the site's methods raise.
    """
    record = store.begin(site.id).record()
    if not record.refilled:
        status = booking_site.read_status()
        # By the time of now: however slowly it was told, the site's clock is no other for that.
        note_status(store, site, status, clock())
        _read_suppressions(store, booking_site, site)
    now = clock()
    outbox_id = record.cursor.outbox_id if record.cursor else None
    after = max(record.cursor.ack - overlap, 0) if record.cursor else 0
    while True:
        page = booking_site.read_outbox(outbox_id, after, PAGE)
        if outbox_id not in (None, page.outbox_id):
            after = 0  # another outbox: its numbers have nothing to do with those we hold
        elif page.events:
            read_from, after = after, _take_page(store, site, page, after, now)
            if after <= read_from:
                break  # nothing in the page had a number to go on from
        outbox_id, finished = page.outbox_id, outbox_id == page.outbox_id and not page.has_more
        if finished or not page.events:
            break
    _note_reading(store, site, page.outbox_id, after, now)


def _take_page(store: Store, site: Site, page: OutboxPage, after: int, now: datetime) -> int:
    """Take in one page and return the highest number in it."""
    envelope = Envelope(
        site=site.id, home_url=page.home_url, outbox_id=page.outbox_id, events=page.events
    )
    receipt = receive(store, site, envelope, now)
    return max((result.seq for result in receipt.results if result.seq), default=after)


def _note_reading(store: Store, site: Site, outbox_id: str, last: int, now: datetime) -> None:
    has_open_sessions = store.has_open_sessions(site.id)

    def note(work: Work) -> None:
        record = work.record()
        cursor = record.cursor_for(outbox_id).read_beyond(last, now)
        work.put_record(replace(record, cursor=cursor, refilled=True))
        pushes = record.check_in is not None and record.check_in.delivery == "push"
        pause = next_reading(cursor, pushes=pushes, has_open_sessions=has_open_sessions)
        work.put_due(READ_OUTBOX, site.id, now + pause)

    decided(store, site.id, note)


def doubt(store: Store, site: Site) -> None:
    """Note that the store may lack anything of a site: nothing is sent before it is filled again."""
    change_record(store, site, lambda record: replace(record, refilled=False))


def note_status(store: Store, site: Site, status: SiteStatus, now: datetime) -> None:
    """Take over what a site says of itself: its owner's choices, and how its clock goes."""

    def told(record: SiteRecord) -> SiteRecord:
        skew = (status.time - now).total_seconds() if status.time else 0.0
        record = replace(record, skew=skew if abs(skew) > _TOLERATED_SKEW else 0.0)
        if status.settings is None or status.revision < record.settings_revision:
            return record
        return replace(record, settings=status.settings, settings_revision=status.revision)

    change_record(store, site, told)


def _read_suppressions(store: Store, booking_site: BookingSite, site: Site) -> None:
    after: object = None
    while True:
        page = booking_site.read_suppressions(after, PAGE)
        decided(store, site.id, partial(_suppress_all, page))
        if not page.has_more or page.after == after:
            return
        after = page.after


def _suppress_all(page: SuppressionPage, work: Work) -> None:
    for person_key, suppression in page.entries:
        work.suppress(work.person_of_key(person_key), suppression)
