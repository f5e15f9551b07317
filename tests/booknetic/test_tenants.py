"""Several businesses on one site: none sees what is another's."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.booknetic.visiting import panel_on
from tests.ground.wordpress import WordPress

pytestmark = pytest.mark.usefixtures("_cleared")


@dataclass(frozen=True, slots=True)
class Tenants:
    north: int
    south: int


@pytest.fixture
def tenants(wordpress: WordPress) -> Iterator[Tenants]:
    wordpress.php("booknetic_stand_in_have_tenants( true );")
    north, south = wordpress.php(
        "echo booknetic_stand_in_add_tenant( 'north', 'Sauna' ), ' ',"
        " booknetic_stand_in_add_tenant( 'south', 'Beach' );"
    ).split()
    yield Tenants(int(north), int(south))
    wordpress.php("booknetic_stand_in_remove_tenants();")
    wordpress.php("booknetic_stand_in_have_tenants( false );")


def test_a_booking_belongs_to_the_tenant_whose_page_it_was_made_on(
    wordpress: WordPress, page: Page, tenants: Tenants
) -> None:
    page.goto(f"{wordpress.url}/south/")
    panel = panel_on(page)
    expect(page.get_by_role("button", name="Sauna")).to_have_count(0)
    panel.choose("Beach", staff="Staff of South")
    panel.choose_time()
    panel.fill_in("sunny@example.com")
    panel.confirm()
    number = panel.finished()

    for model in ("Appointment", "Customer"):
        seen = json.loads(
            wordpress.php(
                f"$see = static function () {{ return BookneticApp\\Models\\{model}::query()->count(); }};"
                "echo json_encode( array( $see(),"
                f" booknetic_stand_in_as_tenant( {tenants.north}, $see ),"
                f" booknetic_stand_in_as_tenant( {tenants.south}, $see ) ) );"
            )
        )
        assert seen == [0, 0, 1]
    (row,) = json.loads(wordpress.php("echo json_encode( booknetic_stand_in_appointments() );"))
    assert (row["id"], row["tenant_id"]) == (str(number), str(tenants.south))


@pytest.mark.parametrize("sent", ["undefined", "null", "", "-1"])
def test_what_is_no_tenants_number_is_nobodys(
    wordpress: WordPress, tenants: Tenants, sent: str
) -> None:
    def panel(tenant: Any) -> str:
        answer = requests.post(
            f"{wordpress.url}/wp-admin/admin-ajax.php",
            data={"action": "bkntc_get_booking_panel", "tenant_id": tenant},
            timeout=30,
        )
        html: str = answer.json()["html"]
        return html

    assert "Sauna" in panel(tenants.north)
    assert "Sauna" not in panel(sent)
    assert "Classic cut" in panel(sent)


def test_a_tenants_workflows_run_for_that_tenant_or_whoever_is_named(
    wordpress: WordPress, tenants: Tenants
) -> None:
    wordpress.php(
        f"foreach ( array( {tenants.north}, {tenants.south} ) as $tenant ) {{"
        " booknetic_stand_in_as_tenant( $tenant, static function () {"
        " booknetic_stand_in_add_workflow_with( 'customer_signup', 'stand_in_recording', array() ); } ); }"
    )

    def ran(call: str) -> list[str]:
        said = wordpress.php(
            "$manager = BookneticApp\\Config::getWorkflowEventsManager();"
            "$before = count( booknetic_stand_in_recordings() );"
            f"{call};"
            "$made = array_slice( BookneticApp\\Models\\WorkflowLog::noTenant()->orderBy( 'id' )->fetchAll(), $before );"
            "foreach ( $made as $row ) { echo BookneticApp\\Models\\Workflow::noTenant()->get( $row->workflow_id )->tenant_id, ' '; }"
        )
        return said.split()

    event = "'customer_signup', array( 'customer_id' => 0 )"
    both = [str(tenants.north), str(tenants.south)]
    assert ran(f"$manager->trigger( {event} )") == []
    assert ran(f"$manager->trigger( {event}, false, true )") == both
    assert ran(f"$manager->trigger( {event}, false, false, {tenants.south} )") == both[1:]
    assert (
        ran(
            f"booknetic_stand_in_as_tenant( {tenants.north}, static function () use ( $manager ) {{"
            f" $manager->trigger( {event} ); }} )"
        )
        == both[:1]
    )


@pytest.mark.usefixtures("tenants")
def test_the_owner_of_the_site_has_managers_of_its_own(wordpress: WordPress) -> None:
    said = wordpress.php(
        "echo json_encode( array("
        " BookneticApp\\Providers\\Helpers\\Helper::isSaaSVersion(),"
        " did_action( 'bkntcsaas_init' ),"
        " array_keys( BookneticSaaS\\Config::getWorkflowEventsManager()->getAll() ),"
        " BookneticSaaS\\Config::getShortCodeService() === BookneticApp\\Config::getShortCodeService() ) );"
    )

    assert json.loads(said) == [True, 1, ["tenant_signup"], False]


def test_an_option_is_each_tenants_own(wordpress: WordPress, tenants: Tenants) -> None:
    helper = "BookneticApp\\Providers\\Helpers\\Helper"
    said = wordpress.php(
        f"booknetic_stand_in_as_tenant( {tenants.north}, static function () {{"
        f" {helper}::setOption( 'company_name', 'North Ltd' ); }} );"
        f"echo json_encode( array( {helper}::getOption( 'company_name', 'nobody' ),"
        f" get_option( 'bkntc_t{tenants.north}_company_name' ) ) );"
        f"delete_option( 'bkntc_t{tenants.north}_company_name' );"
    )

    assert json.loads(said) == ["nobody", "North Ltd"]


def test_dates_and_times_are_in_the_zone_of_whoever_is_the_tenant(
    wordpress: WordPress, tenants: Tenants
) -> None:
    timestamp = (
        "static function () { return BookneticApp\\Backend\\Appointments\\Helpers\\CalendarService"
        "::timestamp( '2031-05-06', '09:30' ); }"
    )
    said = wordpress.php(
        f"$ask = {timestamp};"
        f"booknetic_stand_in_as_tenant( {tenants.south}, static function () {{"
        " BookneticApp\\Providers\\Helpers\\Helper::setOption( 'timezone', 'Asia/Tokyo' ); } );"
        f"$south = booknetic_stand_in_as_tenant( {tenants.south}, $ask );"
        "$nobodys = $ask();"
        f"$north = booknetic_stand_in_as_tenant( {tenants.north}, $ask );"
        "echo json_encode( array( $south, $nobodys, $north ) );"
    )

    south, nobodys, north = json.loads(said)
    assert nobodys == north == datetime(2031, 5, 6, 7, 30, tzinfo=UTC).timestamp()
    assert south == datetime(2031, 5, 6, 0, 30, tzinfo=UTC).timestamp()
