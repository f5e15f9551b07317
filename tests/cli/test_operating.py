"""The commands that look at data or change it: real processes on a real Redis."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from sidecar import watch
from sidecar.domain.health import troubles_of
from sidecar.domain.person import Contact
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Recovery
from sidecar.domain.session import Session, State, begin
from sidecar.track import note_skew
from sidecar.wiring import Sidecar
from tests.assembled import HOME, Bridge, assembled
from tests.cli.commands import booking_recovery

NOW = datetime.now(UTC)
ANNA = Contact(email="anna@example.com", phone="+4915112345678", first_name="Anna")


@pytest.fixture(name="sidecar")
def _sidecar(tmp_path: Path, redis_url: str) -> Sidecar:
    return assembled(tmp_path, redis_url)


Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run(sidecar: Sidecar) -> Run:
    folder = sidecar.config.path.parent

    def command(*words: str, given: str | bytes = b"") -> CompletedProcess[str]:
        read = given if isinstance(given, bytes) else given.encode()
        return booking_recovery(folder, *words, given=read)

    return command


@pytest.fixture
def bridge(sidecar: Sidecar) -> Bridge:
    return Bridge(sidecar)


def keep(sidecar: Sidecar, *sessions: Session) -> None:
    for session in sessions:
        work = sidecar.store.begin("salon", sessions=[session.id])
        work.put_session(session, Policy())
        assert work.commit()


def seen(session_id: str, at: datetime = NOW, **more: Any) -> Session:
    return replace(begin("salon", session_id, at), **more)


def kept(sidecar: Sidecar, session_id: str = "s1") -> Session:
    session = sidecar.store.begin("salon").session(session_id)
    assert session is not None
    return session


def paused(sidecar: Sidecar) -> list[str]:
    sites = sidecar.config.sites
    return [site for site in sites if sidecar.store.begin(site).record().paused]


@pytest.mark.parametrize(
    "words",
    [
        ["pause", "nowhere"],
        ["resume", "nowhere"],
        ["sessions", "nowhere"],
        ["show", "nowhere", "s1"],
        ["show", "salon", "s1"],
        ["show", "salon", "a:b"],
        ["show", "salon", "é\udcff"],
        ["retry", "nowhere", "s1.1"],
        ["retry", "salon", "s1.1"],
        ["retry", "salon", "s1"],
        ["retry", "salon", ""],
        ["forget", "nowhere"],
        ["opt-out", "nowhere"],
        ["pair", "nowhere", "--confirm"],
    ],
)
def test_a_site_or_session_that_does_not_exist_is_wrong_use(
    run: Run, sidecar: Sidecar, words: list[str]
) -> None:
    before = sidecar.config.path.read_bytes()

    done = run(*words, given="anna@example.com\n")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("Error: ") == 1
    assert sidecar.config.path.read_bytes() == before


def test_a_site_is_paused_and_goes_on(run: Run, sidecar: Sidecar) -> None:
    assert run("pause", "salon").stdout == "salon: paused\n"
    assert paused(sidecar) == ["salon"]
    assert run("resume", "salon").stdout == "salon: not paused\n"
    assert paused(sidecar) == []


def test_all_sites_are_paused_and_go_on(run: Run, sidecar: Sidecar) -> None:
    assert run("pause").stdout == "salon: paused\nspa: paused\n"
    assert paused(sidecar) == ["salon", "spa"]
    run("resume")
    assert paused(sidecar) == []


def test_resume_says_what_still_pauses(run: Run, sidecar: Sidecar) -> None:
    path = sidecar.config.path
    path.write_text(path.read_text().replace('id = "spa"', 'id = "spa"\npaused = true'))

    assert "spa: still paused by paused = true" in run("resume", "spa").stdout


def test_sessions_are_listed_the_latest_first_and_masked(run: Run, sidecar: Sidecar) -> None:
    keep(
        sidecar,
        seen("s1", NOW, contact=ANNA, step="date_time"),
        seen("s2", NOW + timedelta(minutes=1), state=State.BOOKED),
    )

    listed = run("sessions", "salon")
    first, second = listed.stdout.splitlines()

    assert listed.returncode == 0
    assert "s2" in first
    assert "booked" in first
    assert "date and time" in second
    assert "a…@e…" in second
    assert "anna" not in listed.stdout.lower()
    assert run("sessions", "salon", "--state", "booked").stdout == first + "\n"
    nothing = run("sessions", "salon", "--state", "lost")
    assert (nothing.stdout, nothing.stderr) == ("", "No visits.\n")
    assert run("sessions", "salon", "--step", "date_time").stdout == second + "\n"


def test_a_long_list_tells_how_to_go_on(run: Run, sidecar: Sidecar) -> None:
    keep(sidecar, *(seen(f"s{n}", NOW + timedelta(seconds=n)) for n in range(3)))

    first = json.loads(run("sessions", "salon", "--limit", "2", "--json").stdout)
    told = run("sessions", "salon", "--limit", "2").stdout.splitlines()
    rest = json.loads(run("sessions", "salon", "--after", first["next"], "--json").stdout)

    assert [session["id"] for session in first["sessions"]] == ["s2", "s1"]
    assert told[-1] == f"More with --after {first['next']}"
    assert [session["id"] for session in rest["sessions"]] == ["s0"]
    assert rest["next"] is None


def test_a_session_is_shown_with_its_reasons(run: Run, bridge: Bridge) -> None:
    bridge.send(
        bridge.check_in(),
        bridge.event("session.started", page_url=f"{HOME}/book/"),
        bridge.event(
            "session.contact_given",
            contact={"email": ANNA.email, "first_name": "שרה", "last_name": "\x1b[2J\u202eEvil"},
        ),
    )

    told = run("show", "salon", "s1").stdout
    as_json = json.loads(run("show", "salon", "s1", "--json").stdout)

    assert told.splitlines()[0].startswith("Got no message")
    assert "שרה [2JEvil, anna@example.com" in told
    assert "Opened the booking form" in told
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert as_json["contact"]["email"] == ANNA.email
    assert [entry["what"] for entry in as_json["timeline"]] == ["started", "contact_given"]


def test_a_message_that_reached_nobody_is_made_due_again(run: Run, sidecar: Sidecar) -> None:
    failed = Recovery(number=1, due_at=NOW, outcome=Outcome.FAILED, reason="no mailer")
    keep(sidecar, seen("s1", contact=ANNA, state=State.LOST, recoveries=(failed,)))

    done = run("retry", "salon", "s1.1")

    assert done.returncode == 0
    assert done.stdout.startswith("s1.1 is due again")
    recovery = kept(sidecar).recovery(1)
    assert recovery is not None
    assert recovery.is_open


def test_a_message_that_reached_somebody_is_not_sent_again(run: Run, sidecar: Sidecar) -> None:
    sent = Recovery(number=1, due_at=NOW, outcome=Outcome.SENT, sent_at=NOW)
    keep(sidecar, seen("s1", contact=ANNA, state=State.CONTACTED, recoveries=(sent,)))
    before = kept(sidecar)

    done = run("retry", "salon", "s1.1")

    assert done.returncode == 2
    assert "sent" in done.stderr
    assert run("retry", "salon", "s1.7").returncode == 2
    assert kept(sidecar) == before


def test_what_failed_for_good_is_listed_and_tried_again(run: Run, sidecar: Sidecar) -> None:
    assert run("retry", "salon").stdout == "No message has failed for good.\n"
    ends = {"s1": (Outcome.FAILED, "no route to anna@example.com"), "s2": (Outcome.UNKNOWN, None)}
    for name, (outcome, reason) in ends.items():
        recovery = Recovery(number=1, due_at=NOW, outcome=outcome, reason=reason)
        keep(sidecar, seen(name, contact=ANNA, state=State.ABANDONED, recoveries=(recovery,)))

    lines = run("retry", "salon").stdout.splitlines()
    told = json.loads(run("retry", "salon", "--json").stdout)["failures"]
    done = run("retry", "salon", "--all")

    assert [line.split("  ")[1] for line in lines] == ["s2.1", "s1.1"]
    assert "failed: nothing was handed over: no route to …" in lines[1]
    assert lines[0].endswith("(cannot be tried again)")
    assert [(one["id"], one["outcome"]) for one in told] == [
        ("s2.1", "unknown"),
        ("s1.1", "failed"),
    ]
    assert "anna" not in str(told)
    assert done.stdout.startswith("Due again: 1;")
    assert kept(sidecar).recoveries[0].outcome is Outcome.WAITING
    assert run("retry", "salon", "s1.1", "--all").returncode == 2


def test_people_who_want_no_messages_get_none(run: Run, sidecar: Sidecar) -> None:
    waiting = (Recovery(number=1, due_at=NOW),)
    keep(
        sidecar,
        seen("s1", contact=ANNA, state=State.ABANDONED, recoveries=waiting),
        seen("s2", contact=Contact(email="ben@example.com"), recoveries=waiting),
    )

    done = run(
        "opt-out", "salon", given="\ufeffAnna@Example.com \r\n\n+49 30 1234567\nanna@example.com"
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Opted out: 2; sessions of theirs: 1.")
    assert [r.reason for r in kept(sidecar).recoveries] == ["opted_out"]
    assert [r.outcome for r in kept(sidecar, "s2").recoveries] == [Outcome.WAITING]
    assert "anna" not in (done.stdout + done.stderr).lower()


def test_an_opt_out_can_be_taken_back_for_all_that_is_known_of_a_person(
    run: Run, sidecar: Sidecar
) -> None:
    keep(sidecar, seen("s1", contact=ANNA))
    assert run("opt-out", "salon", given=f"{ANNA.phone}\n").returncode == 0

    done = run("opt-out", "salon", "--undo", given="anna@example.com\n")

    assert done.stdout.startswith("Allowed: 1; sessions of theirs: 1.")
    work = sidecar.store.begin("salon")
    assert work.suppression(work.person(i) for i in ANNA.identifiers) is None


def test_people_are_forgotten(run: Run, sidecar: Sidecar) -> None:
    keep(sidecar, seen("s1", contact=ANNA), seen("s2", contact=Contact(phone=ANNA.phone)))

    done = run("forget", "salon", given=f"{ANNA.phone}\n")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Forgotten: 1; sessions of theirs: 2.")
    assert kept(sidecar).contact is None
    assert kept(sidecar, "s2").contact is None


@pytest.mark.parametrize("command", ["opt-out", "forget"])
def test_lines_that_name_nobody_are_told_by_their_number_and_nothing_is_done(
    run: Run, sidecar: Sidecar, command: str
) -> None:
    keep(sidecar, seen("s1", contact=ANNA))
    before = kept(sidecar)

    done = run(
        command, "salon", given=b"anna@example.com\nmarker marker\n\n0151 12\n\xff@example.com\n"
    )

    assert done.returncode == 2
    assert "in line 2, 4, 5; nothing was done" in done.stderr
    assert "marker" not in done.stderr
    assert "0151" not in done.stderr
    assert done.stdout == ""
    assert kept(sidecar) == before
    assert run(command, "salon", given="\n \n").returncode == 2


def test_an_operator_confirms_that_a_site_has_moved(run: Run, bridge: Bridge) -> None:
    bridge.site, bridge.home_url = "spa", "https://old.example.com"
    assert bridge.send(bridge.check_in("https://old.example.com")).status_code == 202
    bridge.home_url = "https://new.example.com"
    assert bridge.send(bridge.check_in("https://new.example.com")).status_code == 409

    done = run("pair", "spa", "--confirm")

    assert done.returncode == 0
    assert "was paired with https://old.example.com" in done.stdout
    assert "brc1." not in done.stdout
    assert bridge.send(bridge.check_in("https://new.example.com")).status_code == 202


def test_commands_say_that_redis_does_not_answer(run: Run, sidecar: Sidecar) -> None:
    path = sidecar.config.path
    text = path.read_text()
    path.write_text(
        text.replace('[redis]\n        url = "', '[redis]\n        url = "unix:///nowhere/')
    )
    path.write_text(path.read_text().replace("unix:///nowhere/unix://", "unix:///nowhere"))

    for words in (["sessions", "salon"], ["pause"], ["show", "salon", "s1"], ["forget", "salon"]):
        done = run(*words, given="anna@example.com")
        assert done.returncode == 1, words
        assert "Error: Redis does not answer" in done.stderr


# check


def findings(done: CompletedProcess[str]) -> list[tuple[str, str]]:
    lines = (line.partition(": ") for line in done.stdout.splitlines())
    return [(level, text) for level, _, text in lines]


def test_check_tells_how_redis_keeps_its_data(run: Run, sidecar: Sidecar) -> None:
    found = findings(run("check"))
    levels = [level for level, _ in found]

    assert "wrong" not in levels, found
    assert any(level == "good" and text.startswith("Redis 7.") for level, text in found)
    assert any(level == "notice" and "no append-only file" in text for level, text in found)
    assert any(level == "notice" and "No worker lives" in text for level, text in found)

    try:
        sidecar.redis.config_set("maxmemory", "1gb")
        sidecar.redis.config_set("maxmemory-policy", "allkeys-lru")
        done = run("check")
        assert done.returncode == 1
        assert any("noeviction, not allkeys-lru" in text for _, text in findings(done))
    finally:
        sidecar.redis.config_set("maxmemory-policy", "noeviction")
        sidecar.redis.config_set("maxmemory", "0")


def test_check_tells_of_every_site_whether_it_works(
    run: Run, sidecar: Sidecar, bridge: Bridge
) -> None:
    bridge.send(bridge.check_in())
    sidecar.notes.told("salon", {"booknetic_ready": True, "workflows": 1})
    sidecar.notes.answered("salon", NOW)
    sidecar.heartbeats.beat("worker")
    sidecar.heartbeats.beat("clock")

    well = run("check")

    assert well.returncode == 0, well.stdout
    assert (
        "good",
        f"salon: paired with {HOME}, last answered {NOW:%Y-%m-%d %H:%M} UTC",
    ) in findings(well)
    assert any(text.startswith("spa: not paired") for _, text in findings(well))
    assert not any("plain http" in text for _, text in findings(well))

    sidecar.notes.told("salon", {"booknetic_ready": True, "workflows": 0})
    sidecar.notes.failed("salon", "WordPress answered 500", NOW)
    sidecar.redis.zadd("booking-recovery:{0}:due", {"abandon:salon:s1": 1})
    note_skew(sidecar.store, sidecar.config.sites["salon"], -3660)
    ill = run("check", "--json")

    assert ill.returncode == 1
    wrong = [
        each["text"] for each in json.loads(ill.stdout)["findings"] if each["level"] == "wrong"
    ]
    assert len(wrong) == 4
    assert "the oldest for" in wrong[0]
    assert "salon: the clock of this WordPress is 61 minutes behind this machine's" in wrong[1]
    now = sidecar.due.now()
    facts = watch.facts_of(*sidecar.glances.read(["salon"], now))
    assert wrong[2:] == [f"salon: {trouble.text}" for trouble in troubles_of(facts, now)]


def test_check_makes_no_keys(run: Run, sidecar: Sidecar) -> None:
    keys = sidecar.config.data_dir / "keys.json"
    keys.unlink()

    assert run("check").returncode == 0
    assert not keys.exists()

    keys.write_text("{}")
    keys.chmod(0o600)
    spoiled = run("check")
    assert spoiled.returncode == 1
    assert "keys.json: is damaged" in spoiled.stdout


def test_recount_says_what_was_wrong(run: Run, sidecar: Sidecar) -> None:
    keep(sidecar, seen("s1", datetime(2026, 3, 1, 12, tzinfo=UTC)))
    sidecar.redis.hincrby("booking-recovery:{0}:tally:salon:visit_date:2026-03-01", "visits", 2)

    first, second = run("recount"), run("recount", "salon", "--json")

    assert first.stdout.splitlines() == [
        "salon: 2026-03-01 (visit_date) visits: corrected by -2",
        "spa: every count was right",
    ]
    assert json.loads(second.stdout) == {"salon": []}
    assert run("recount", "nowhere").returncode == 2
