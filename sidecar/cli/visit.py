"""`check SITE --visit`: a robot goes the whole way from the form to the message."""

import secrets
import time
from collections.abc import Iterator

from sidecar import report, track
from sidecar.adapters.redis_store import DueEntry
from sidecar.adapters.redis_visits import PATIENCE
from sidecar.adapters.visit_report import (
    Assumption,
    AssumptionState,
    Stage,
    StageState,
    VisitReport,
)
from sidecar.adapters.wordpress import WordPress
from sidecar.cli.findings import Finding, Findings, good, notice, wrong
from sidecar.config import Site
from sidecar.domain.errors import GiveUp, RetryLater
from sidecar.domain.session import TEST
from sidecar.wiring import Sidecar

PAUSE = 0.5


def of_visit(sidecar: Sidecar, site: Site) -> Findings:
    """Make a test visit, and tell each stage once it is settled."""
    alive = sidecar.heartbeats.alive()
    if not alive["worker"] or not alive["clock"]:
        yield wrong("no test visit was made: no worker or no clock lives, so nothing would follow")
        return
    visit_id = TEST + secrets.token_hex(12)
    wordpress = sidecar.wordpress(site)
    yield good(f"test visit {visit_id} begins; it is counted nowhere")
    try:
        begun = wordpress.begin_test_visit(visit_id)
    except (RetryLater, GiveUp) as fault:
        yield wrong(f"no test visit was made: {fault}{_hint(fault)}")
        return
    # A site that cannot push waits to be read, which may take a while when nobody is there.
    sidecar.due.put({DueEntry(track.READ_OUTBOX, site.id, site.id): sidecar.due.now()})
    told: set[str] = set()
    for visit in _until_over(wordpress, visit_id, begun):
        settled = [s for s in visit.stages if s.state is not StageState.WAITING]
        yield from (_of_stage(stage) for stage in settled if stage.name not in told)
        told |= {stage.name for stage in settled}
    if not visit.is_over:
        yield wrong("the test visit did not come to its end in time")
    if any(stage.state is not StageState.PASSED for stage in visit.stages):
        yield notice(_own_account(sidecar, site, visit_id))
    yield from _of_assumptions(visit.assumptions)


def _until_over(wordpress: WordPress, visit_id: str, visit: VisitReport) -> Iterator[VisitReport]:
    """Yield a visit as it is now, again and again, until it is over or patience ends."""
    give_up = time.monotonic() + PATIENCE.total_seconds()
    yield visit
    while not visit.is_over and time.monotonic() < give_up:
        time.sleep(PAUSE)
        try:
            visit = wordpress.read_test_visit(visit_id)
        except RetryLater:
            continue  # the next look may be answered
        yield visit


def _of_stage(stage: Stage) -> Finding:
    after = "" if stage.ms is None else f" ({stage.ms / 1000:.1f} s)"
    told = ": ".join(filter(None, (stage.title + after, stage.text)))
    if stage.state is StageState.PASSED:
        return good(told)
    return wrong(told) if stage.state is StageState.FAILED else notice(f"not tried: {told}")


def _own_account(sidecar: Sidecar, site: Site, visit_id: str) -> str:
    session = sidecar.store.begin(site.id).session(visit_id)
    if session is None:
        return "the sidecar has heard nothing of this visit"
    return f"the sidecar on this visit: {report.headline(session, sidecar.due.now())}"


def _of_assumptions(assumptions: tuple[Assumption, ...]) -> Findings:
    for assumption in assumptions:
        what = f"Booknetic, {assumption.kind} {assumption.name} is {assumption.state}"
        told = ": ".join(filter(None, (what, assumption.text)))
        if assumption.state is AssumptionState.BROKEN:
            yield wrong(told)
        elif assumption.state is AssumptionState.UNSEEN:
            yield notice(told)
    hold = sum(assumption.state is AssumptionState.HOLDS for assumption in assumptions)
    yield good(
        f"what the bridge assumes about Booknetic: {hold} of {len(assumptions)} seen to hold"
    )


def _hint(fault: RetryLater | GiveUp) -> str:
    return "; update the bridge plugin" if "rest_no_route" in str(fault) else ""
