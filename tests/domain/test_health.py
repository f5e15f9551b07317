"""What is wrong, told from the facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sidecar.domain.health import (
    LATE,
    SILENT,
    Facts,
    Kind,
    Light,
    SiteFacts,
    Trouble,
    light,
    troubles,
)

NOW = datetime(2027, 5, 3, 12, tzinfo=UTC)
SITE = SiteFacts(id="salon", has_booknetic=True, has_workflow=True, has_open_sessions=True)
ALL = Facts(workers=2, clocks=1, sites=(SITE,))


def of(facts: Facts) -> list[tuple[Kind, Light]]:
    return [(trouble.kind, trouble.light) for trouble in troubles(facts, NOW)]


def at_salon(**changed: object) -> list[Trouble]:
    site = replace(SITE, **changed)  # type: ignore[arg-type]  # a test's own shorthand
    return troubles(replace(ALL, sites=(site,)), NOW)


def test_nothing_is_wrong_where_all_is_well() -> None:
    assert troubles(ALL, NOW) == []
    assert light([]) is Light.WORKING


def test_a_site_that_was_never_paired_is_no_trouble() -> None:
    assert at_salon(is_paired=False, is_refilled=False, failing_since=NOW) == []


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (replace(ALL, workers=0), (Kind.NO_WORKER, Light.BROKEN)),
        (replace(ALL, clocks=0), (Kind.NO_CLOCK, Light.BROKEN)),
        (replace(ALL, memory_used=0.8), (Kind.FULL, Light.DEGRADED)),
        (replace(ALL, memory_used=0.9, takes_in=False), (Kind.FULL, Light.BROKEN)),
        (
            replace(ALL, overdue=3, oldest_overdue=LATE + timedelta(seconds=1)),
            (Kind.OVERDUE, Light.DEGRADED),
        ),
    ],
)
def test_the_whole_sidecar_is_looked_at(facts: Facts, told: tuple[Kind, Light]) -> None:
    assert of(facts) == [told]


def test_what_has_just_become_due_is_not_late() -> None:
    assert of(replace(ALL, overdue=3, oldest_overdue=LATE)) == []


def test_a_site_that_fails_for_a_moment_is_shown_and_raises_no_alert() -> None:
    [trouble] = at_salon(failing_since=NOW - SILENT / 2, fault="WordPress answered 500")

    assert (trouble.kind, trouble.light) == (Kind.SILENT, Light.DEGRADED)
    assert not trouble.worth_an_alert
    assert "WordPress answered 500" in trouble.text


def test_a_site_that_is_silent_while_visits_are_open_is_broken() -> None:
    [trouble] = at_salon(failing_since=NOW - SILENT, fault="WordPress could not be reached")

    assert (trouble.light, trouble.worth_an_alert) == (Light.BROKEN, True)
    assert "2027-05-03 11:50 UTC" in trouble.text


def test_nobody_is_called_for_a_silent_site_where_nothing_waits() -> None:
    [trouble] = at_salon(failing_since=NOW - SILENT, has_open_sessions=False)

    assert (trouble.light, trouble.worth_an_alert) == (Light.DEGRADED, False)


@pytest.mark.parametrize(
    ("code", "named"), [("401", "pair"), ("403", "firewall"), ("404", "plugin")]
)
def test_a_refusal_is_for_a_person_at_once_and_says_what_to_do(code: str, named: str) -> None:
    [trouble] = at_salon(failing_since=NOW, fault=f"WordPress answered {code} (rest_x)")

    assert (trouble.kind, trouble.light) == (Kind.REFUSED, Light.BROKEN)
    assert trouble.worth_an_alert
    assert named in trouble.text


def test_what_is_missing_in_booknetic_breaks_the_site() -> None:
    assert [one.kind for one in at_salon(has_workflow=False)] == [Kind.NO_WORKFLOW]
    assert [one.kind for one in at_salon(has_booknetic=False, has_workflow=False)] == [
        Kind.NO_BOOKNETIC
    ]
    assert at_salon(has_booknetic=None, has_workflow=None) == []


def test_what_went_wrong_is_counted() -> None:
    found = at_salon(failures=2, quarantined=3, unreadable=4)

    assert [(one.kind, one.count) for one in found] == [
        (Kind.FAILURES, 2),
        (Kind.QUARANTINED, 3),
        (Kind.UNREADABLE, 4),
    ]
    assert all(str(one.count) in one.text and one.site == "salon" for one in found)
    assert light(found) is Light.DEGRADED


def test_the_worst_counts() -> None:
    assert light(at_salon(failures=2, has_workflow=False)) is Light.BROKEN
