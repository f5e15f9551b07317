"""PHP dies at every boundary of the bridge: nothing that was noted is lost, and nobody is written to twice."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.faults.wordpress.visiting import fresh_session, paired, posts
from tests.gates import Gate
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.sidecar import SITE, Sidecar
from tests.ground.waiting import wait_until
from tests.ground.wordpress import WordPress

DIES = Path(__file__).with_name("dies.php")
IN_A_RUN = ("before-trigger", "in-trigger", "before-recording")
IN_A_DELIVERY = ("between-rows", "before-delivery", "before-marking")


@pytest.fixture(scope="module")
def sidecar(wordpress: WordPress) -> Iterator[Sidecar]:
    plugin = wordpress.path / "wp-content/mu-plugins/dies.php"
    shutil.copy(DIES, plugin)
    with private_directory() as folder:
        sidecar = Sidecar(
            folder, site_url=wordpress.url, abandon_after="2s", messages=["1s"], min_gap="0s"
        )
        sidecar.start()
        try:
            with paired(wordpress, sidecar.connection_code()):
                yield sidecar
        finally:
            sidecar.stop()
            plugin.unlink()


def name_point(wordpress: WordPress, point: str) -> Callable[[], bool]:
    """Have the next PHP that comes to this point die there; return what tells whether it has."""
    named = wordpress.path / f"wp-content/dies-{point}"
    named.touch()
    return lambda: not named.exists()


def session(sidecar: Sidecar, session_id: str) -> dict[str, Any] | None:
    found = requests.get(
        f"{sidecar.url}/api/v1/sites/{SITE}/sessions/{session_id}",
        auth=(sidecar.desk.user, sidecar.desk.password),
        timeout=30,
    )
    return found.json() if found.ok else None


def told(sidecar: Sidecar, session_id: str, what: str) -> int:
    """How often something stands in the timeline of a session."""
    found = session(sidecar, session_id)
    return sum(entry["what"] == what for entry in found["timeline"]) if found else 0


def test_a_message_whose_php_died_is_interrupted_shown_and_never_repeated(
    sidecar: Sidecar, wordpress: WordPress, mail: Mailbox, gate: Gate
) -> None:
    died = [name_point(wordpress, point) for point in IN_A_RUN]
    visitors = {fresh_session(): f"run-{number}@visitors.example" for number in range(len(died))}
    for visitor, email in visitors.items():
        posts(wordpress, visitor, email)

    def ends() -> list[str]:
        found = [session(sidecar, visitor) for visitor in visitors]
        return [
            recovery["outcome"]
            for one in found
            if one is not None
            for recovery in one["recoveries"]
            if recovery["outcome"] not in ("waiting", "handing_over")
        ]

    wait_until(lambda: len(ends()) == len(died), what="every message to have ended")

    assert all(has_died() for has_died in died)
    assert ends() == ["interrupted"] * len(died)
    letters = [len(mail.to(email)) for email in visitors.values()]
    # Of these, one died before it could write to anyone.
    assert sorted(letters) == [0, 1, 1]
    for visitor in visitors:
        shown = sidecar.command("show", SITE, visitor)
        assert (
            "interrupted: it began and nobody knows how it ended, so it was not repeated" in shown
        )
    gate(
        "R1",
        "PHP killed before, in and after the trigger",
        holds="interrupted, shown, 0 sent twice",
        figure=f"{ends().count('interrupted')} of {len(died)} interrupted, at most {max(letters)} letter each",
    )


@pytest.mark.parametrize("point", IN_A_DELIVERY)
def test_what_was_noted_arrives_and_counts_once_though_php_died(
    sidecar: Sidecar, wordpress: WordPress, gate: Gate, point: str
) -> None:
    visitor, email = fresh_session(), f"{point}@visitors.example"
    has_died = name_point(wordpress, point)

    posts(wordpress, visitor, email)
    wait_until(has_died, what=f"PHP to die {point}")
    # Who was answered by an error tries again; then somebody else comes.
    posts(wordpress, visitor, email)
    posts(wordpress, fresh_session())

    wait_until(lambda: told(sidecar, visitor, "contact_given"), what="the address to arrive")
    counts = [told(sidecar, visitor, what) for what in ("started", "contact_given")]
    assert counts == [1, 1]
    gate(
        "R1",
        f"PHP killed {point.replace('-', ' ')} (bridge's outbox)",
        holds="0 lost, each counts once",
        figure=f"{counts[1]} of 1 arrived, counted {counts[1]} time",
    )


def test_what_php_died_before_remembering_is_told_again_and_nobody_is_written_to_twice(
    sidecar: Sidecar, wordpress: WordPress, mail: Mailbox
) -> None:
    visitor, email = fresh_session(), "before-remembering@visitors.example"
    has_died = name_point(wordpress, "before-remembering")

    posts(wordpress, visitor, email)
    wait_until(has_died, what="PHP to die before it remembered")
    posts(wordpress, visitor, email)

    def outcomes() -> list[str]:
        found = session(sidecar, visitor)
        return [recovery["outcome"] for recovery in found["recoveries"]] if found else []

    wait_until(lambda: "sent" in outcomes(), what="the message to go out")
    assert outcomes() == ["sent"]
    assert told(sidecar, visitor, "started") == 1
    assert told(sidecar, visitor, "contact_given") == 2
    assert len(mail.to(email)) == 1
