"""What staff may change: whether messages go out, and to whom never."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sidecar.config import parse
from sidecar.domain.policy import Policy
from sidecar.domain.recovery import Outcome, Recovery
from sidecar.domain.session import State, begin
from sidecar.web import create_app
from sidecar.wiring import Sidecar, assemble
from tests.assembled import Bridge
from tests.web.test_probes import basic
from tests.web.test_status import log_in

ANNA = {"email": "anna.marker@example.com", "phone": "+4930123456"}
OURS = {"X-Requested-With": "booking-recovery"}


def press(client: FlaskClient, page: str, address: str, **fields: str) -> TestResponse:
    """Send a form of a page, as its button does, and return what is shown then."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert token is not None
    return client.post(address, data={"csrf_token": token[1], **fields}, follow_redirects=True)


def is_suppressed(sidecar: Sidecar) -> bool:
    work = sidecar.store.begin("salon")
    return work.suppression(work.person(i) for i in ANNA.values()) is not None


@pytest.fixture
def known(bridge: Bridge) -> Bridge:
    bridge.send(bridge.check_in(), bridge.event("session.contact_given", contact=ANNA))
    return bridge


def test_support_pauses_a_site_and_lets_it_go_on(known: Bridge) -> None:
    log_in(known.client, "desk")
    page = "/sites/salon/settings"

    paused = press(known.client, page, "/sites/salon/pause", paused="1").text

    assert "salon: paused." in paused
    assert "Let messages go out again" in paused
    assert "Paused: no messages are sent" in known.client.get("/").text
    assert known.sidecar.store.begin("salon").record().paused
    assert "messages go out again" in press(known.client, page, "/sites/salon/pause").text
    assert not known.sidecar.store.begin("salon").record().paused


def test_all_sites_that_one_sees_are_paused_at_once(known: Bridge) -> None:
    log_in(known.client, "boss")

    told = press(known.client, "/", "/pause", paused="1").text

    assert "salon: paused." in told
    assert "spa: paused." in told
    assert "Pause all" in told
    log_in(known.client, "desk")
    assert "Pause all" not in known.client.get("/").text
    press(known.client, "/", "/pause")
    records = [known.sidecar.store.begin(site).record() for site in ("salon", "spa")]
    assert [record.paused for record in records] == [False, True]


@pytest.fixture
def configured(sidecar: Sidecar) -> Callable[[str], FlaskClient]:
    """Return a client of a sidecar whose `salon` has further lines in its configuration."""

    def begin(lines: str) -> FlaskClient:
        text = sidecar.config.path.read_text().replace('id = "salon"', f'id = "salon"\n{lines}')
        told = parse(text, path=sidecar.config.path)
        return create_app(assemble(told)).test_client()

    return begin


def test_what_the_configuration_pauses_stays_so(
    configured: Callable[[str], FlaskClient],
) -> None:
    client = configured("paused = true")
    log_in(client, "desk")

    page = client.get("/sites/salon/settings").text

    assert "only whoever runs the sidecar can change that" in page
    assert 'name="paused"' not in page


def test_the_settings_tell_what_counts_and_who_chose_it(
    known: Bridge, configured: Callable[[str], FlaskClient]
) -> None:
    owner = {"messages": ["2h", "1d"], "consent": "opt_in"}
    known.send(known.event("site.settings_saved", None, settings=owner, revision=1))
    client = configured('locked = ["consent"]\nrecovery = {quiet_hours = "21:00-08:00"}')
    log_in(client, "guest")

    page = client.get("/sites/salon/settings").text

    rows = {
        re.findall("<code>(.*?)</code>", row)[0]: " ".join(re.sub("<[^>]*>", " ", row).split())
        for row in re.findall("<tr.*?</tr>", page, re.DOTALL)[1:]
    }
    assert rows["messages"].endswith("2h, 1d in WordPress")
    assert rows["consent"].endswith(
        "notice by nobody: the default, locked; the owner's “opt_in” does not count"
    )
    assert rows["quiet_hours"].endswith("21:00-08:00 in the configuration, for this site")
    assert rows["min_gap"].endswith("6h by nobody: the default")
    assert 'name="paused"' not in page


def test_a_person_is_put_on_the_list_and_taken_off_it(known: Bridge) -> None:
    log_in(known.client, "desk")
    page = "/sites/salon/people"

    told = press(known.client, page, page, identifier=" +49 30 123456", op="opt_out").text

    assert "gets no more messages" in told
    assert is_suppressed(known.sidecar)
    shown = known.client.get("/sites/salon/sessions/s1").text
    assert "This person gets no messages: this person has opted out" in shown
    assert "Does not want such messages (by desk)" in shown
    person = "/sites/salon/sessions/s1/person"
    allowed = press(known.client, "/sites/salon/sessions/s1", person, op="allow").text
    assert "May be written to again (by desk)" in allowed
    assert not is_suppressed(known.sidecar)
    press(known.client, "/sites/salon/sessions/s1", person, op="opt_out")
    assert is_suppressed(known.sidecar)


def test_what_names_nobody_changes_nothing(known: Bridge) -> None:
    log_in(known.client, "desk")
    page = "/sites/salon/people"

    for given in ("marker", "", "marker@", "0151 12"):
        told = press(known.client, page, page, identifier=given, op="opt_out")
        assert told.status_code == 200
        assert "That is neither an e-mail address nor a phone number" in told.text
        assert "marker" not in told.text
    assert known.client.post("/sites/salon/sessions/nobody/person").status_code in (400, 404)


@pytest.mark.parametrize(
    "address",
    ["/pause", "/sites/salon/pause", "/sites/salon/people", "/sites/salon/sessions/s1/person"],
)
def test_a_viewer_changes_nothing(known: Bridge, address: str) -> None:
    log_in(known.client, "guest")
    given = {"paused": "1", "identifier": ANNA["email"], "op": "opt_out"}

    assert press(known.client, "/", address, **given).status_code == 403

    assert not known.sidecar.store.begin("salon").record().paused
    assert not is_suppressed(known.sidecar)
    for page in ("/sites/salon/people", "/sites/salon/settings", "/sites/salon/sessions/s1"):
        assert known.client.get(page).text.count("<form") == 1  # the one to log out


@pytest.mark.parametrize(
    "page", ["/sites/salon/people", "/sites/salon/settings", "/sites/spa/settings"]
)
def test_these_pages_ask_for_a_log_in_too(known: Bridge, page: str) -> None:
    assert known.client.get(page).location.startswith("/log-in")
    assert known.client.post(page.replace("settings", "pause")).status_code == 400


@pytest.fixture
def failed(known: Bridge) -> Bridge:
    """Four messages are over: three ended badly, of which two may be tried again."""
    ends = {
        "f1": (Outcome.FAILED, "Mailer: no route to marker@example.com"),
        "f2": (Outcome.NO_WORKFLOW, None),
        "f3": (Outcome.UNKNOWN, None),
        "f4": (Outcome.SENT, None),
    }
    for minutes, (name, (outcome, reason)) in enumerate(ends.items()):
        due = datetime.now(UTC) - timedelta(minutes=minutes)
        recovery = Recovery(number=1, due_at=due, outcome=outcome, reason=reason, handed_at=due)
        session = replace(
            begin("salon", name, due),
            state=State.ABANDONED,
            abandoned_at=due,
            recoveries=(recovery,),
        )
        work = known.sidecar.store.begin("salon", sessions=[name])
        work.put_session(session, Policy())
        assert work.commit()
    return known


def outcomes(sidecar: Sidecar) -> list[str]:
    work = sidecar.store.begin("salon")
    found = [work.session(name) for name in ("f1", "f2", "f3", "f4")]
    return [session.recoveries[0].outcome for session in found if session]


def test_what_failed_for_good_is_told_with_what_to_do_and_is_tried_again(failed: Bridge) -> None:
    log_in(failed.client, "desk")
    page = "/sites/salon/failures"

    told = failed.client.get(page).text
    assert re.findall(r"/sessions/(f\d)", told) == ["f1", "f2", "f3"]
    assert "Mailer: no route to marker@example.com" in told
    assert "Make a workflow in Booknetic" in told
    assert told.count("Try again") == 2
    assert '<a href="/sites/salon/failures">3</a>' in failed.client.get("/").text

    assert "It is due again" in press(failed.client, page, page, recovery="f1.1").text
    assert outcomes(failed.sidecar) == ["waiting", "no_workflow", "unknown", "sent"]
    assert "cannot be tried again" in press(failed.client, page, page, recovery="f3.1").text
    assert "Due again: 1." in press(failed.client, page, page).text
    assert outcomes(failed.sidecar) == ["waiting", "waiting", "unknown", "sent"]
    assert re.findall(r"/sessions/(f\d)", failed.client.get(page).text) == ["f3"]


def test_a_viewer_sees_what_failed_and_tries_nothing_again(failed: Bridge) -> None:
    log_in(failed.client, "guest")
    page = "/sites/salon/failures"

    told = failed.client.get(page).text

    assert "Mailer: no route to …" in told
    assert "marker" not in told
    assert "Try " not in told
    assert press(failed.client, "/", page, recovery="f1.1").status_code == 403
    assert outcomes(failed.sidecar)[0] == "failed"


def test_other_programs_stop_and_allow_messages(known: Bridge) -> None:
    def ask(body: dict[str, object], who: str = "desk", site: str = "salon") -> TestResponse:
        address = f"/api/v1/sites/{site}/contacts"
        return known.client.post(address, json=body, headers={**basic(who), **OURS})

    assert ask({"op": "opt_out", "email": ANNA["email"]}).json == {
        "outcome": "done",
        "sessions": 1,
    }
    assert is_suppressed(known.sidecar)
    assert ask({"op": "allow", "phone": ANNA["phone"]}).json == {"outcome": "done", "sessions": 1}
    assert not is_suppressed(known.sidecar)
    assert ask({"op": "opt_out", "email": ANNA["email"]}, who="guest").status_code == 403
    assert ask({"op": "opt_out", "email": ANNA["email"]}, site="spa").status_code == 404
    for wrong in (
        {"op": "allow"},
        {"email": "a@b.example"},
    ):
        assert ask(dict(wrong)).status_code == 400
    assert not is_suppressed(known.sidecar)
