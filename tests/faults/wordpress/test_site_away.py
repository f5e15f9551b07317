"""A WordPress that is away or slow, as real workers meet it: nothing lost, nothing twice, and nobody else waits."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from sidecar.adapters import redis_keys
from sidecar.adapters.rq_jobs import queue
from sidecar.config import encode_secret, load
from sidecar.domain.recovery import Outcome, Recovery
from sidecar.domain.site import SiteRecord
from sidecar.track import change_record
from sidecar.wiring import Sidecar as Wired
from sidecar.wiring import assemble
from tests.assembled import Bridge, statuses
from tests.gates import Gate
from tests.ground import clock as clocks
from tests.ground import redis as redis_server
from tests.ground.processes import private_directory
from tests.ground.sidecar import SITE, Sidecar
from tests.ground.waiting import wait_until
from tests.listening import Call, Listener, Reply, listening

OTHER = "spa"
AWAY = timedelta(hours=6)
STEP = timedelta(hours=1)
OPEN = (Outcome.WAITING, Outcome.HANDING_OVER)


class PlayedBridge:
    """What the bridge does with recoveries: each id once, and then its stored answer."""

    def __init__(self, listener: Listener) -> None:
        self.is_away = False
        self.takes = 0.0
        self.loses_answers = 0
        self.sent: list[tuple[str, float]] = []
        self.tried: list[tuple[str, float]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        listener.answer = self._answer

    def _answer(self, call: Call) -> Reply:
        if not call.route.startswith("recoveries"):
            # So the site is asked for its outbox and its status, and these wait meanwhile.
            return Reply(502 if self.is_away else 503, raw=b"<html>Bad gateway</html>")
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return self._recover(call)
        finally:
            with self._lock:
                self._at_once -= 1

    def _recover(self, call: Call) -> Reply:
        ours = call.body["recovery_id"]
        self.tried.append((ours, time.monotonic()))
        if self.is_away:
            return Reply(502, raw=b"<html>Bad gateway</html>")
        time.sleep(self.takes)
        with self._lock:
            is_known = ours in dict(self.sent)
            if call.route == "recoveries/lookup":
                outcome = "sent" if is_known else "unknown_id"
                return Reply(body={"recovery_id": ours, "outcome": outcome, "repeated": is_known})
            assert not is_known, "triggered twice"
            self.sent.append((ours, time.monotonic()))
            if self.loses_answers > 0:
                self.loses_answers -= 1
                return Reply(body={"recovery_id": ours, "outcome": "sent"}, kept_back=9)
        return Reply(body={"recovery_id": ours, "outcome": "sent"})


@contextmanager
def running(sidecar: Sidecar) -> Iterator[Wired]:
    """Start the sidecar's processes; yield what fills and reads their Redis from here."""

    def known(record: SiteRecord) -> SiteRecord:
        return replace(record, refilled=True)

    sidecar.start()
    try:
        wired = assemble(load(sidecar.folder / "config.toml"))
        for site in wired.config.sites.values():
            change_record(wired.store, site, known)
        yield wired
    finally:
        sidecar.stop()


def visit(bridge: Bridge, *sessions: str) -> None:
    """Have visitors give an address each, and leave."""
    for session in sessions:
        contact = {"email": f"{session}@visitors.example", "first_name": session}
        given = bridge.event("session.contact_given", session, contact=contact)
        assert statuses(bridge.send(given)) == ["applied"]


def recoveries(wired: Wired) -> list[Recovery]:
    found = wired.store.latest_sessions(SITE, limit=100)
    return [recovery for session in found for recovery in session.recoveries]


def test_six_hours_without_wordpress_lose_and_repeat_nothing(gate: Gate) -> None:
    names = [f"visitor-{number}" for number in range(8)]
    with private_directory() as folder, clocks.started() as clock, listening() as listener:
        played = PlayedBridge(listener)
        sidecar = Sidecar(
            folder,
            site_url=listener.url,
            env=clock.environment,
            abandon_after="1m",
            messages=["1m", "30m"],
            min_gap="0s",
        )
        with running(sidecar) as wired:
            jobs = queue(wired.redis)
            visit(Bridge(wired, home_url=listener.url), *names)
            played.is_away = True

            def goes_on(span: timedelta) -> None:
                """Let time pass, and all that is due then be tried."""
                clock.show(clock.now() + span)

                def is_idle() -> bool:
                    now, found = clock.now(), recoveries(wired)
                    open_ones = [one for one in found if one.outcome in OPEN]
                    # A job that is at work, or about to be, while its clock leaps is missed only
                    # after its lease, and has lost its place among the site's calls.
                    at_work = (
                        wired.due.backlog()[0]
                        + jobs.count
                        + wired.redis.zcard(redis_keys.calls_in_line(SITE))
                        + wired.config.server.job_workers
                        - redis_server.waiting(wired.redis)
                    )
                    return (
                        len(found) >= len(names)
                        and all((one.try_at or one.due_at) > now for one in open_ones)
                        and not at_work
                    )

                wait_until(lambda: is_idle() and is_idle(), what="what is due to have been tried")

            left_at = clock.now()
            goes_on(timedelta(minutes=5))  # only the first message is due
            while clock.now() - left_at < AWAY:
                goes_on(STEP)
            assert played.sent == []
            tries = len(played.tried)

            # It comes back, and some of what it answers is still lost on the way.
            played.is_away, played.takes, played.loses_answers = False, 0.05, 3
            back_at = clock.now()
            while any(one.outcome in OPEN for one in recoveries(wired)):
                assert clock.now() - back_at < timedelta(hours=4), recoveries(wired)
                goes_on(STEP / 2)
            drained = clock.now() - back_at
            ended = [one.outcome for one in recoveries(wired)]

    sent = [ours for ours, _ in played.sent]
    assert len(sent) == len(set(sent)) == len(ended) == 2 * len(names)
    assert set(ended) == {Outcome.SENT}
    for name in names:
        assert [ours for ours in sent if ours.startswith(f"{name}.")] == [f"{name}.1", f"{name}.2"]
    assert played.most_at_once <= 2
    # Five seconds for the first pause, an hour for the last: nobody is called all the time.
    assert tries < 15 * len(names)
    gate(
        "R9",
        "WordPress away for 6 h",
        holds="0 lost, 0 twice, in order, drained by two at a time",
        figure=f"{len(set(sent))} of {2 * len(names)} sent once, {played.most_at_once} at a time, "
        f"drained within {drained.total_seconds() / 60:.0f} min of the clock; "
        f"{tries / len(names):.1f} tries each meanwhile",
    )


def test_a_slow_site_keeps_nobody_elses_messages_waiting(gate: Gate) -> None:
    with private_directory() as folder, listening() as listener, listening() as slow_one:
        good, slow = PlayedBridge(listener), PlayedBridge(slow_one)
        slow.takes = 12.0
        sidecar = Sidecar(folder, site_url=listener.url, abandon_after="1s", messages=["2s"])
        config = folder / "config.toml"
        keys = [encode_secret(secrets.token_bytes(32)) for _ in range(2)]
        config.write_text(
            f"""{config.read_text()}
[[sites]]
id = "{OTHER}"
url = "{slow_one.url}"
webhook_secret = "{keys[0]}"
callback_secret = "{keys[1]}"
"""
        )
        with running(sidecar) as wired:
            visit(
                Bridge(wired, site=OTHER, home_url=slow_one.url),
                *(f"slow-{number}" for number in range(12)),
            )
            wait_until(lambda: slow.tried, what="the slow site to be called")
            names = [f"good-{number}" for number in range(12)]
            due: dict[str, float] = {}
            for name in names:
                visit(Bridge(wired, home_url=listener.url, outbox_id=f"outbox-{name}"), name)
                due[f"{name}.1"] = time.monotonic() + 3
            wait_until(lambda: len(good.sent) == len(names), what="the other site's messages")

    late = [at - due[ours] for ours, at in good.sent]
    assert slow.most_at_once == 2
    assert max(late) < slow.takes / 2
    gate(
        "R9",
        f"another site takes {slow.takes:.0f} s for each of 12 messages",
        holds="the others' messages do not wait for it",
        figure=f"at most {max(late):.1f} s late; {slow.most_at_once} of its calls at a time",
    )
