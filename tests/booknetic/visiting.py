"""A visitor at the stand-in's panel, and what fires meanwhile."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.ground.wordpress import WordPress

# Action and step of a request => hooks that fired in it, as [name, argument, …]; `php` and ''
# are a test's own PHP.
FiredHooks = Callable[[str, str], list[list[Any]]]

BecomeVersion = Callable[[str], None]

JS_HOOK_LOGGER = """
window.fired = [];
let hooks;
Object.defineProperty( window, 'bookneticHooks', {
	get: () => hooks,
	set( real ) {
		const doAction = real.doAction;
		real.doAction = function ( key, ...args ) {
			window.fired.push( [ key, ...args.filter( ( arg ) => 'string' === typeof arg ) ].join( ' ' ) );
			return doAction.call( this, key, ...args );
		};
		hooks = real;
	},
} );
"""


class Panel:
    """What a visitor does in one booking panel."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.appointment = root.locator(".booknetic_appointment_finished_code")

    def go_on(self) -> None:
        self.root.get_by_role("button", name="Next step").click()

    def choose(self, service: str, *, staff: str) -> None:
        self.root.get_by_role("button", name=service).click()
        self.go_on()
        self.root.get_by_role("button", name=staff).click()
        self.go_on()

    def choose_time(self) -> None:
        """Take the first that is free."""
        self.root.locator(".booknetic_calendar_days:enabled").first.click()
        self.root.locator(".booknetic_times_list button").first.click()
        self.go_on()

    def fill_in(self, email: str) -> None:
        """Type slowly, and wait until Booknetic has asked whose the address is."""
        self.field("email").press_sequentially(email, delay=5)
        with self.root.page.expect_response(
            lambda answer: "check_customer_exist" in (answer.request.post_data or "")
        ):
            self.field("first_name").fill("Łucja")
        self.field("last_name").fill("O'Hara")
        self.go_on()

    def field(self, name: str) -> Locator:
        # Panels on one page share their ids, so a label may belong to the other's field.
        return self.root.locator(f"input[name={name}]")

    def confirm(self) -> None:
        self.root.get_by_role("button", name="Confirm booking").click()

    def finished(self) -> int:
        """Wait for the last screen; return the confirmation number."""
        expect(self.appointment).to_be_visible()
        return int(self.appointment.inner_text())


def panel_on(page: Page) -> Panel:
    return Panel(page.locator(".booknetic_appointment"))


def fill_until_confirmation(page: Page, address: str, *, email: str) -> Panel:
    """Walk from time to confirmation, where the address presets the rest."""
    page.goto(address)
    panel = panel_on(page)
    panel.choose_time()
    panel.fill_in(email)
    return panel


def book(page: Page, wordpress: WordPress, *, email: str, query: str = "") -> int:
    """Walk through the panel as a visitor; return the confirmation number."""
    page.goto(wordpress.book_url + query)
    panel = panel_on(page)
    if not query:
        panel.choose("Färben & Schneiden", staff="Søren Müller")
    panel.choose_time()
    panel.fill_in(email)
    panel.confirm()
    return panel.finished()


def names(hooks: list[list[Any]]) -> list[Any]:
    return [hook[0] for hook in hooks]
