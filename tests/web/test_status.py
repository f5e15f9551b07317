"""The pages of support staff."""

import html
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sidecar.track import note_skew
from sidecar.web import create_app
from sidecar.wiring import Sidecar
from tests.assembled import HOME, PASSWORDS, Bridge, assembled

SARA = {"email": "sara.marker@example.com", "first_name": "שרה", "last_name": "<b>Cohen</b>"}


def log_in(client: FlaskClient, name: str, password: str | None = None) -> TestResponse:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/log-in").text)
    assert token is not None
    given = {"name": name, "password": password or PASSWORDS[name], "csrf_token": token[1]}
    return client.post("/log-in", data=given)


@pytest.fixture
def visited(bridge: Bridge) -> Bridge:
    bridge.send(
        bridge.check_in(),
        bridge.event("session.started", page_url=f"{HOME}/book/"),
        bridge.event(
            "session.step_reached",
            step="date_time",
            selection={"service": {"id": 9, "name": "Haircut"}},
        ),
        bridge.event("session.contact_given", contact=SARA),
    )
    return bridge


@pytest.mark.parametrize("page", ["/", "/sites/salon/sessions", "/sites/salon/sessions/s1"])
def test_every_page_asks_for_a_log_in(visited: Bridge, page: str) -> None:
    response = visited.client.get(page)

    assert response.status_code == 302
    assert response.location.startswith("/log-in")


def test_support_reads_what_happened_in_a_session(visited: Bridge) -> None:
    assert log_in(visited.client, "desk").status_code == 302

    page = visited.client.get("/sites/salon/sessions/s1").text

    assert "sara.marker@example.com" in page
    assert "Opened the booking form" in page
    assert "Went on to date and time" in page
    assert "Haircut" in page
    assert "<bdi>שרה &lt;b&gt;Cohen&lt;/b&gt;</bdi>" in page


def test_a_viewer_sees_nobody_s_contact(visited: Bridge) -> None:
    log_in(visited.client, "guest")

    for page in ("/sites/salon/sessions", "/sites/salon/sessions/s1"):
        text = visited.client.get(page).text
        assert "marker" not in text
        assert "Cohen" not in text
        assert "שרה" not in text
    assert "s…@e…" in visited.client.get("/sites/salon/sessions/s1").text


def test_where_a_visitor_came_from_and_what_she_agreed_to_is_shown(visited: Bridge) -> None:
    consent = {"basis": "opt_in", "text": "You may write to me.", "at": "2026-11-22T15:04:05Z"}
    visited.send(
        visited.event("session.started", utm={"source": "<i>newsletter</i>"}),
        visited.event("session.contact_given", contact=SARA, consent=consent),
    )
    log_in(visited.client, "guest")

    page = visited.client.get("/sites/salon/sessions/s1").text

    assert "source: <bdi>&lt;i&gt;newsletter&lt;/i&gt;</bdi>" in page
    assert "<dt>Agreed to</dt><dd>You may write to me.</dd>" in page


def release(client: FlaskClient) -> TestResponse:
    page = client.get("/sites/salon/sessions/s2").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    return client.post("/sites/salon/sessions/s2/release", data={"csrf_token": token[1]})


def test_whoever_looks_like_a_robot_is_held_back_until_staff_know_better(visited: Bridge) -> None:
    visited.send(visited.event("session.started", "s2", signals=["honeypot", "of_the_future"]))
    log_in(visited.client, "desk")
    before = visited.client.get("/sites/salon/sessions/s2").text

    answer = release(visited.client)
    after = visited.client.get("/sites/salon/sessions/s2").text

    assert "it filled in a field that people do not see; of_the_future" in before
    assert answer.location == "/sites/salon/sessions/s2"
    assert "looks like a robot" not in after
    assert "desk took this visitor for a person" in after
    assert release(visited.client).status_code == 302
    assert visited.client.get("/sites/salon/sessions/s2").text.count("took this visitor") == 1


def test_a_viewer_releases_nobody(visited: Bridge) -> None:
    visited.send(visited.event("session.started", "s2", signals=["honeypot"]))
    log_in(visited.client, "guest")

    assert "It is a person" not in visited.client.get("/sites/salon/sessions/s2").text
    assert release(visited.client).status_code == 403
    assert "looks like a robot" in visited.client.get("/sites/salon/sessions/s2").text


def test_a_site_that_one_may_not_see_does_not_exist(visited: Bridge) -> None:
    log_in(visited.client, "desk")
    hidden = visited.client.get("/sites/spa/sessions")
    unknown = visited.client.get("/sites/nowhere/sessions")

    assert hidden.status_code == unknown.status_code == 404
    assert hidden.data == unknown.data
    assert "/sites/spa" not in visited.client.get("/").text

    boss = create_app(visited.sidecar).test_client()
    log_in(boss, "boss")
    assert "/sites/spa" in boss.get("/").text


def test_a_wrong_password_is_said_and_guessing_is_slowed_down(visited: Bridge) -> None:
    tries = [log_in(visited.client, "desk", "wrong") for _ in range(5)]
    assert {response.status_code for response in tries} == {403}
    assert "do not belong together" in tries[0].text

    assert log_in(visited.client, "desk").status_code == 429


def test_a_form_without_its_token_is_refused(visited: Bridge) -> None:
    response = visited.client.post("/log-in", data={"name": "desk", "password": PASSWORDS["desk"]})

    assert response.status_code == 400
    assert visited.client.get("/").status_code == 302


def test_log_out_ends_the_log_in(visited: Bridge) -> None:
    log_in(visited.client, "desk")
    token = re.search(r'name="csrf_token" value="([^"]+)"', visited.client.get("/").text)
    assert token is not None

    visited.client.post("/log-out", data={"csrf_token": token[1]})

    assert visited.client.get("/").status_code == 302


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\nSet-Cookie: x=y",
        "\\/evil.example",
        " //evil.example",
        "javascript:alert(1)",
    ],
)
def test_a_log_in_leads_to_no_page_but_ours(visited: Bridge, elsewhere: str) -> None:
    client = visited.client
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/log-in").text)
    assert token is not None

    response = client.post(
        "/log-in",
        query_string={"next": elsewhere},
        data={"name": "desk", "password": PASSWORDS["desk"], "csrf_token": token[1]},
    )

    assert response.location == "/"


def test_pages_run_our_scripts_alone_and_are_kept_nowhere(visited: Bridge) -> None:
    headers = visited.client.get("/log-in").headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_static_file_is_kept_until_it_changes(visited: Bridge) -> None:
    page = visited.client.get("/log-in").text
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)

    def kept(address: str) -> str:
        return visited.client.get(address, buffered=True).headers["Cache-Control"]

    assert len(addresses) >= 4
    assert {kept(one) for one in addresses} == {"public, max-age=31536000, immutable"}
    for one in ("/static/status.css", "/static/status.css?v=of-another-version"):
        assert kept(one) == "public, max-age=3600"
    assert kept("/static/nothing.css") == "no-store"


def test_older_sessions_are_a_page_away(tmp_path: Path, redis_url: str) -> None:
    bridge = Bridge(assembled(tmp_path, redis_url))
    bridge.send(*(bridge.event("session.started", f"s{number}") for number in range(60)))
    log_in(bridge.client, "desk")

    first = bridge.client.get("/sites/salon/sessions").text
    further = re.search(r'href="([^"]+)" rel="next"', first)
    assert further
    second = bridge.client.get(html.unescape(further[1])).text

    shown = [re.findall(r"/sites/salon/sessions/(s\d+)", page) for page in (first, second)]
    assert [len(page) for page in shown] == [50, 10]
    assert len({*shown[0], *shown[1]}) == 60
    assert 'rel="next"' not in second


def test_a_test_visit_is_shown_to_whoever_knows_its_id_alone(visited: Bridge) -> None:
    visited.send(visited.event("session.started", "test-0123456789abcdef01234567"))
    log_in(visited.client, "desk")

    page = visited.client.get("/sites/salon/sessions/test-0123456789abcdef01234567").text

    assert "A test visit: it is counted nowhere" in page
    assert "test-0123456789abcdef01234567" not in visited.client.get("/sites/salon/sessions").text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("after=-1", "after"),
        ("after=" + "9" * 400, "after"),
        ("state=happy&from=2026-02-30&outcome=sent", "state"),
        ("from=yesterday", "from: Not a day such as 2026-11-22"),
    ],
)
def test_what_cannot_be_chosen_is_told_and_left_out(
    visited: Bridge, asked: str, told: str
) -> None:
    log_in(visited.client, "desk")

    page = visited.client.get(f"/sites/salon/sessions?{asked}")

    assert page.status_code == 200
    assert told in re.sub("<[^>]*>", "", "".join(re.findall(r'role="alert">.*?</p>', page.text)))


def test_an_unpaired_site_says_how_to_pair_it(sidecar: Sidecar) -> None:
    client = create_app(sidecar).test_client()
    log_in(client, "boss")

    assert "booking-recovery pair spa" in client.get("/").text


def test_machines_are_answered_with_problems(sidecar: Sidecar) -> None:
    response = create_app(sidecar).test_client().get("/nowhere")

    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


def test_the_process_says_that_it_serves(sidecar: Sidecar) -> None:
    assert create_app(sidecar).test_client().get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("ahead", "told"), [(3660, "61 minutes ahead of"), (-7300, "122 minutes behind"), (299, None)]
)
def test_the_overview_tells_of_a_clock_that_is_off(
    visited: Bridge, sidecar: Sidecar, ahead: float, told: str | None
) -> None:
    note_skew(sidecar.store, sidecar.config.sites["salon"], ahead)
    log_in(visited.client, "desk")

    found = re.search(
        r"The clock of this WordPress is (.*) this machine", visited.client.get("/").text
    )

    assert (found[1] if found else None) == told
