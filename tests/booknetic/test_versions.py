"""What one version of Booknetic does and another does not."""

import json
import shutil
from typing import Any

import pytest

from tests.booknetic import VERSIONS
from tests.booknetic.visiting import BecomeVersion
from tests.ground.wordpress import WordPress

NOBODY, OWNER = 0, 1

pytestmark = pytest.mark.usefixtures("_cleared")

NO_ADDON = (
    "add_filter( 'bkntc_addons_load', static function ( $addons ) {"
    " return $addons + array( 'ours' => new stdClass() ); } );"
    "try { ( new BookneticApp\\Providers\\Core\\Bootstrap() )->loadAddons(); echo 'fine'; }"
    " catch ( Error $broken ) { echo $broken->getMessage(); }"
)

VALIDATED = """
add_action( 'bkntc_validate_customer_booking', static function ( $item ) {
	throw new Exception( 'not ' . $item->customerData['email'] );
} );
$_POST = wp_slash( array( 'cart' => wp_json_encode( array( array(
	'service' => 1, 'customer_data' => array( 'email' => 'no@example.com' ),
) ) ) ) );
echo wp_json_encode( ( new BookneticApp\\Frontend\\Controller\\Ajax() )->check_customer_exist() );
"""

APPOINTMENT = {
    "customer_id": 0,
    "location": 1,
    "service": 1,
    "staff": 2,
    "date": "2031-05-06",
    "time": "21:15",
}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_header_says_which_version_it_is(
    wordpress: WordPress, become: BecomeVersion, version: str
) -> None:
    become(version)

    said = wordpress.php("echo BookneticApp\\Providers\\Helpers\\Helper::getVersion();")

    assert said == version


@pytest.mark.parametrize(
    ("version", "said"), [("5.1.2", "fine"), ("5.2.2", "undefined method stdClass::shouldBlock")]
)
def test_since_5_2_whoever_registers_as_an_addon_must_be_one(
    wordpress: WordPress, become: BecomeVersion, version: str, said: str
) -> None:
    become(version)

    assert said in wordpress.php(NO_ADDON)


@pytest.mark.parametrize(("version", "read"), [("5.1.2", ""), ("5.2.2", "read")])
def test_since_5_2_an_addon_has_all_beneath_it_read(
    wordpress: WordPress, become: BecomeVersion, version: str, read: str
) -> None:
    become(version)
    folder = wordpress.path / "wp-content/plugins/ours"
    (folder / "vendor").mkdir(parents=True)
    (folder / "Addon.php").write_text(
        "<?php class OurAddon extends BookneticApp\\Providers\\Core\\AddonLoader {}"
    )
    (folder / "vendor/far.php").write_text("<?php echo 'read'; // an ApiController")
    try:
        said = wordpress.php(
            f"require '{folder}/Addon.php';"
            "add_filter( 'bkntc_addons_load', static function ( $addons ) {"
            " return $addons + array( OurAddon::getAddonSlug() => new OurAddon() ); } );"
            "( new BookneticApp\\Providers\\Core\\Bootstrap() )->loadAddons();"
        )
    finally:
        shutil.rmtree(folder)

    assert said == read


@pytest.mark.parametrize(
    ("version", "answer"),
    [
        ("5.1.2", {"status": "ok", "customer_id": -1}),
        ("5.2.2", {"status": "error", "error_msg": "not no@example.com"}),
    ],
)
def test_since_5_2_listeners_may_refuse_a_customer(
    wordpress: WordPress, become: BecomeVersion, version: str, answer: dict[str, Any]
) -> None:
    become(version)

    assert json.loads(wordpress.php(VALIDATED)) == answer


@pytest.mark.parametrize(
    ("version", "shown"), [("5.1.2", ["Studio", "Atelier"]), ("5.2.2", ["Atelier"])]
)
def test_since_5_2_locations_have_categories(
    wordpress: WordPress, become: BecomeVersion, version: str, shown: list[str]
) -> None:
    become(version)
    location = "BookneticApp\\Models\\Location::where( 'id', 2 )->update( array( 'is_active' => %d, 'category_id' => 7 ) );"
    html = wordpress.php(
        location % 1 + "echo do_shortcode( '[booknetic location_category=\"7\"]' );" + location % 0
    )

    assert [name for name in ("Studio", "Atelier") if name in html] == shown


def test_4_8_has_no_rest(wordpress: WordPress, become: BecomeVersion) -> None:
    become("4.8.6")

    assert rest(wordpress, "GET", "appointments", user=OWNER)[0] == 404


@pytest.mark.parametrize("version", ["5.1.2", "5.2.2"])
def test_rest_answers_whoever_can_read(
    wordpress: WordPress, become: BecomeVersion, version: str
) -> None:
    become(version)

    status, refusal = rest(wordpress, "GET", "appointments", user=NOBODY)
    assert (status, refusal["code"]) == (401, "rest_forbidden")
    assert rest(wordpress, "GET", "appointments", user=OWNER) == (
        200,
        {"data": [], "meta": {"total": 0, "limit": 10, "skip": 0}},
    )
    assert rest(wordpress, "GET", "appointments/999999", user=OWNER) == (
        404,
        {"code": 404, "message": "There is no such appointment.", "data": {"status": 404}},
    )


@pytest.mark.parametrize(("version", "made"), [("5.1.2", 0), ("5.2.2", 1)])
def test_rest_books_only_since_5_2(
    wordpress: WordPress, become: BecomeVersion, version: str, made: int
) -> None:
    become(version)
    customer = wordpress.php(
        "echo booknetic_stand_in_admin_add_customer( 'Mário', 'Sá', 'mario@example.com' );"
    )

    status, answer = rest(
        wordpress,
        "POST",
        "appointments",
        user=OWNER,
        sent={**APPOINTMENT, "customer_id": int(customer)},
    )

    rows = json.loads(wordpress.php("echo json_encode( booknetic_stand_in_appointments() );"))
    assert (status, len(rows)) == (200, made)
    assert answer == [] if made == 0 else answer["id"] == rows[0]["id"]


def rest(
    wordpress: WordPress, method: str, path: str, *, user: int, sent: dict[str, Any] | None = None
) -> tuple[int, Any]:
    """Ask Booknetic's REST API; return status and body."""
    said = wordpress.php(
        f"wp_set_current_user( {user} );"
        f"$request = new WP_REST_Request( '{method}', '/booknetic/v1/{path}' );"
        "$request->set_header( 'content-type', 'application/json' );"
        f"$request->set_body( '{json.dumps(sent)}' );"
        "$answer = rest_do_request( $request );"
        "echo wp_json_encode( array( $answer->get_status(), $answer->get_data() ) );"
    )
    status, body = json.loads(said)
    return status, body
