"""A sidecar of real processes for many sites, and recoveries of theirs that are due at a time."""

import contextlib
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sidecar import catch_up, recover, track
from sidecar.adapters.redis_store import DueEntry
from sidecar.config import Config, parse
from sidecar.domain.recovery import Outcome, Recovery
from sidecar.wiring import Sidecar, assemble
from tests.assembled import Bridge, utc
from tests.ground.processes import HOST, Process, free_port, private_directory
from tests.ground.redis import Server
from tests.ground.waiting import wait_until

SILENCE = timedelta(hours=1)
DELAY = timedelta(hours=1)
_TRIED = 20


class Late(NamedTuple):
    """Seconds after a message was due, or before: when it was handed over, and when it was sent."""

    handed: float
    sent: float


@dataclass(slots=True)
class Fleet:
    """`sidecar` is wired in this process; `up` starts the others."""

    folder: Path
    server: Server
    sidecar: Sidecar
    _bridge: Bridge = field(init=False)
    _told: dict[str, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._bridge = Bridge(self.sidecar)

    @property
    def config(self) -> Config:
        return self.sidecar.config

    def leave(self, due: Mapping[tuple[str, str], datetime]) -> None:
        """Have visits, by site and session, be abandoned, each with a recovery due then."""
        by_site: dict[str, list[tuple[str, datetime]]] = {}
        for (site, session_id), at in due.items():
            by_site.setdefault(site, []).append((session_id, at))
        bridge = self._bridge
        for site, sessions in by_site.items():
            bridge.site, bridge.home_url = site, self.config.sites[site].url
            bridge.seq = self._told.get(site, 0)
            events = []
            for session_id, at in sessions:
                contact = {"email": f"{session_id}@{site}.example"}
                event = bridge.event("session.contact_given", session_id, contact=contact)
                events.append(event | {"occurred_at": utc(at - DELAY - SILENCE)})
            for begin in range(0, len(events), 50):
                assert bridge.send(*events[begin : begin + 50]).status_code == 202
            self._told[site] = bridge.seq
            for session_id, _ in sessions:
                now = self.sidecar.due.now()
                recover.abandon(self.sidecar.store, self.config.sites[site], session_id, now)

    def time_to_leave(self, visits: int) -> timedelta:
        """How long it takes at the most to write so many visits, as a few show."""
        site, tomorrow = next(iter(self.config.sites)), self.sidecar.due.now() + timedelta(days=1)
        began = time.monotonic()
        self.leave({(site, f"tried{number}"): tomorrow for number in range(_TRIED)})
        return timedelta(seconds=1 + 2 * (time.monotonic() - began) * visits / _TRIED)

    def recovery(self, site: str, session_id: str) -> Recovery:
        session = self.sidecar.store.begin(site).session(session_id)
        assert session is not None
        (recovery,) = session.recoveries
        return recovery

    @contextlib.contextmanager
    def up(self, *command: str) -> Iterator[None]:
        """Have the processes of a command run: `up`, or some of it."""
        process = Process(
            [sys.executable, "-m", "sidecar", *command],
            log=self.folder / "sidecar.log",
            cwd=self.folder,
        )
        try:
            wait_until(self._all_alive, what="the processes")
            yield
        finally:
            process.stop(signal.SIGTERM)

    def _all_alive(self) -> bool:
        alive = self.sidecar.heartbeats.alive()
        return bool(alive["clock"]) and alive["worker"] == self.config.server.job_workers

    def wait_for_rest(self, sites: Iterable[str] | None = None) -> None:
        """Wait until these sites, or all, were asked what a start asks of them."""
        entries = [
            DueEntry(track.READ_OUTBOX, site, catch_up.AT_START)
            for site in sites or self.config.sites
        ]
        wait_until(
            lambda: all(self.sidecar.due.due_at(entry) is None for entry in entries),
            what="the sites to be asked",
        )

    def late(self, visits: Iterable[tuple[str, str]]) -> list[Late]:
        return [_late(self.recovery(*visit)) for visit in visits]

    def wait_for_sent(self, visits: Sequence[tuple[str, str]]) -> None:
        left = list(visits)

        def none_left() -> bool:
            while left and self.recovery(*left[-1]).outcome is Outcome.SENT:
                left.pop()
            return not left

        wait_until(none_left, what="the messages")


def _late(recovery: Recovery) -> Late:
    assert recovery.handed_at is not None
    assert recovery.sent_at is not None
    due = recovery.due_at
    return Late(
        (recovery.handed_at - due).total_seconds(), (recovery.sent_at - due).total_seconds()
    )


@contextlib.contextmanager
def standing(urls: Mapping[str, str]) -> Iterator[Fleet]:
    """Have a sidecar with its own Redis know these sites; none of its processes runs yet."""
    with private_directory() as folder:
        place = folder / "redis"
        place.mkdir()
        server = Server(place)
        server.start()
        try:
            path = folder / "config.toml"
            path.write_text(_config(folder, server.url, urls), encoding="utf-8")
            sidecar = assemble(parse(path.read_text(), path=path))
            for site in sidecar.config.sites:
                work = sidecar.store.begin(site)
                work.put_record(replace(work.record(), refilled=True))
                assert work.commit()
            yield Fleet(folder, server, sidecar)
        finally:
            server.kill()


def _config(folder: Path, redis_url: str, urls: Mapping[str, str]) -> str:
    secrets = iter(f"whsec_{number:032}" for number in range(10**31, 10**31 + 2 * len(urls)))
    configured = "".join(
        f'[[sites]]\nid = "{name}"\nurl = "{url}"\n'
        f'webhook_secret = "{next(secrets)}"\ncallback_secret = "{next(secrets)}"\n'
        for name, url in urls.items()
    )
    return f"""\
[server]
host = "{HOST}"
port = {free_port()}
[redis]
url = "{redis_url}"
[keys]
data_dir = "{folder / "var"}"
[recovery]
abandon_after = "{SILENCE.total_seconds():.0f}s"
messages = ["{DELAY.total_seconds():.0f}s"]
contact_cooldown = "0s"
{configured}
"""
