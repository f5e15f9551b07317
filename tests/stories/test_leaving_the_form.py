"""What follows when a visitor leaves the booking form, and what must not."""

from datetime import datetime

from tests.ground.chromium import Devices
from tests.ground.mail import Mailbox
from tests.stories.conftest import VISITORS, Salon
from tests.stories.people import Visitor
from tests.stories.records import conversion_with

CUT = "Färben & Schneiden"
MASSAGE = 'Massage "Tiefenruhe"'


def test_who_leaves_is_written_to_and_books_on_another_device(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    address = f"chloe@{VISITORS}"
    at_home = Visitor(devices.page())
    at_home.opens(f"{salon.wordpress.book_url}?utm_source=flyer")
    at_home.chooses(CUT, staff="Zoë")
    at_home.types(first_name="Chloë", last_name="Ñandú-Łoś", email=address)
    at_home.leaves()

    letter = mail.wait_for(address)
    assert letter["subject"] == f"Chloë, your {CUT} is waiting"
    salon.desk.sees("Chloë Ñandú-Łoś", state="contacted")

    on_the_phone = Visitor(devices.page(width=390, height=844))
    on_the_phone.follows_the_link_in(letter)
    on_the_phone.sees_the_step("When suits you?")
    starts_at = on_the_phone.chooses_a_time()
    on_the_phone.types(first_name="Chloë", last_name="Ñandú-Łoś", email=address)
    appointment = on_the_phone.books(CUT)

    conversion = conversion_with(appointment, salon.wordpress)
    assert conversion["status"] == "active"
    assert conversion["attributed_by"] == "click"
    assert datetime.fromisoformat(conversion["appointment_starts_at"]) == starts_at
    salon.desk.opens("Chloë Ñandú-Łoś", state="recovered")
    assert salon.desk.reads_the_time("Appointment") == starts_at
    salon.desk.reads("Why it counts", "the link of the message")
    salon.desk.reads("Noted in WordPress", "yes")
    assert len(mail.to(address)) == 1


def test_who_comes_back_in_the_same_browser_is_recovered_by_the_session(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    address = f"bjork@{VISITORS}"
    visitor = Visitor(devices.page())
    visitor.opens(salon.wordpress.book_url)
    visitor.chooses(MASSAGE, staff="Whoever is free")
    visitor.types(first_name="Björk", last_name="Þórsdóttir", email=address)
    mail.wait_for(address)

    visitor.opens(salon.wordpress.book_url)
    starts_at = visitor.chooses(MASSAGE, staff="Søren Müller")
    visitor.types(first_name="Björk", last_name="Þórsdóttir", email=address)
    appointment = visitor.books(MASSAGE)

    conversion = conversion_with(appointment, salon.wordpress)
    assert conversion["attributed_by"] == "session"
    salon.desk.opens("Björk Þórsdóttir", state="recovered")
    assert salon.desk.reads_the_time("Appointment") == starts_at


def test_who_books_at_once_gets_nothing(salon: Salon, mail: Mailbox, devices: Devices) -> None:
    quick = Visitor(devices.page())
    quick.opens(salon.wordpress.book_url)
    quick.chooses(MASSAGE, staff="Søren Müller")
    quick.types(first_name="Quirin", last_name="Öztürk", email=f"quirin@{VISITORS}")
    quick.books(MASSAGE)
    slow = Visitor(devices.page())
    slow.opens(salon.wordpress.book_url)
    slow.chooses(MASSAGE, staff="Søren Müller")
    slow.types(first_name="Selma", last_name="Öztürk", email=f"selma@{VISITORS}")
    slow.leaves()

    # She was last seen after he was, so his message would be here before hers.
    mail.wait_for(f"selma@{VISITORS}")

    salon.desk.sees("Selma Öztürk", state="contacted")
    salon.desk.sees("Quirin Öztürk", state="booked")
    assert mail.to(f"quirin@{VISITORS}") == []


def test_a_visit_while_the_sidecar_is_off_is_made_up_for(
    salon: Salon, mail: Mailbox, devices: Devices
) -> None:
    salon.sidecar.stop()
    noa = Visitor(devices.page())
    noa.opens(salon.wordpress.book_url)
    noa.chooses("Classic cut", staff="Zoë")
    noa.types(first_name="נועה", last_name="לוי", email=f"noa@{VISITORS}")
    noa.leaves()
    benno = Visitor(devices.page())
    benno.opens(salon.wordpress.book_url)
    benno.chooses("Classic cut", staff="Zoë")
    benno.types(first_name="Benno", last_name="Łoś", email=f"benno@{VISITORS}")
    benno.books("Classic cut")
    assert mail.to(f"noa@{VISITORS}") == []

    salon.sidecar.start()

    letter = mail.wait_for(f"noa@{VISITORS}")
    assert letter["subject"].startswith("נועה,")
    salon.desk.sees("נועה לוי", state="contacted")
    salon.desk.sees("Benno Łoś", state="booked")
    assert mail.to(f"benno@{VISITORS}") == []
