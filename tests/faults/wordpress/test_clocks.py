"""An hour between the clocks of WordPress and of the sidecar: no step comes early or late, and people are told."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.wordpress.visiting import fresh_session, paired, posts
from tests.gates import Gate
from tests.ground import clock as clocks
from tests.ground.mail import Mailbox
from tests.ground.processes import private_directory
from tests.ground.sidecar import Sidecar
from tests.ground.wordpress import WordPress

AFTER = 7.0
"""Seconds from the last event to the message, as the policy below says."""


@pytest.mark.parametrize(
    ("ahead", "told"),
    [(timedelta(hours=1), "60 minutes behind"), (timedelta(hours=-1), "60 minutes ahead of")],
)
def test_a_message_is_neither_early_nor_late_and_the_difference_is_told(
    wordpress: WordPress, mail: Mailbox, gate: Gate, ahead: timedelta, told: str
) -> None:
    email = f"clock-{ahead.days}@visitors.example"
    with private_directory() as folder, clocks.started() as clock:
        clock.show(datetime.now(UTC) + ahead)
        sidecar = Sidecar(
            folder,
            site_url=wordpress.url,
            env=clock.environment,
            abandon_after="4s",
            messages=["3s"],
        )
        sidecar.start()
        try:
            with paired(wordpress, sidecar.connection_code()):
                begun = time.monotonic()
                posts(wordpress, fresh_session(), email)
                answered = time.monotonic()
                mail.wait_for(email)
                arrived = time.monotonic()
                known = wordpress.php("echo Booking_Recovery\\Sidecar_Client::clock_ahead();")
                with pytest.raises(RuntimeError, match=told):
                    sidecar.command("check")
                assert told in sidecar.log()
        finally:
            sidecar.stop()

    assert int(known) == pytest.approx(ahead.total_seconds(), abs=3)
    assert arrived - begun >= AFTER
    late = arrived - answered - AFTER
    assert late < 20, "far from the hour by which the clocks differ, however loaded the machine"
    gate(
        "R11",
        f"sidecar's clock {ahead.total_seconds() / 3600:+g} h from WordPress's",
        holds="no step early or late; skew reported",
        figure=f"message {late:.1f} s after it was due; “{told} this machine's”",
    )
