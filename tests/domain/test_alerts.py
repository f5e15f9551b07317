"""Who is told what when: each trouble once, daily while it lasts, and its end."""

from datetime import UTC, datetime, timedelta

from sidecar.domain.alerts import AGAIN, GRACE, Memory, News, news, observe, subject, text, told
from sidecar.domain.health import Kind, Light, Trouble

NOW = datetime(2027, 5, 3, 12, tzinfo=UTC)
SILENT = Trouble(kind=Kind.SILENT, light=Light.BROKEN, text="It is silent.", site="salon")
NO_CLOCK = Trouble(kind=Kind.NO_CLOCK, light=Light.BROKEN, text="No clock lives.")
MINUTE = timedelta(minutes=1)


def failures(count: int) -> Trouble:
    return Trouble(
        kind=Kind.FAILURES, light=Light.DEGRADED, text=f"{count} failed.", site="spa", count=count
    )


class Watcher:
    """Looks from time to time, and has people hear what is news."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.now = NOW

    def look(
        self, *troubles: Trouble, after: timedelta = MINUTE, reached: bool = True
    ) -> News | None:
        self.now += after
        self.memory = observe(self.memory, troubles, self.now)
        heard = news(self.memory, troubles, self.now)
        if heard is not None and reached:
            self.memory = told(self.memory, heard, self.now)
        return heard


def test_what_lasts_is_told_once_and_its_end_too() -> None:
    watcher = Watcher()

    assert watcher.look(SILENT) is None, "it may be over in a moment"
    assert watcher.look(SILENT, after=GRACE) == News(troubles=(SILENT,))
    assert watcher.look(SILENT) is None
    assert watcher.look() == News(troubles=())
    assert watcher.look() is None


def test_what_lasts_is_told_again_every_day() -> None:
    watcher = Watcher()
    watcher.look(SILENT)
    watcher.look(SILENT)

    assert watcher.look(SILENT, after=AGAIN - MINUTE) is None
    assert watcher.look(SILENT, after=MINUTE) == News(troubles=(SILENT,))


def test_a_moment_is_told_to_nobody() -> None:
    watcher = Watcher()

    assert watcher.look(NO_CLOCK) is None
    assert watcher.look() is None
    assert watcher.look(NO_CLOCK) is None, "it begins anew"


def test_what_nobody_could_be_told_is_told_at_the_next_look() -> None:
    watcher = Watcher()
    watcher.look(SILENT)

    assert watcher.look(SILENT, reached=False) == News(troubles=(SILENT,))
    assert watcher.look(SILENT) == News(troubles=(SILENT,))
    assert watcher.look(reached=False) == News(troubles=())
    assert watcher.look() == News(troubles=())


def test_all_is_well_only_when_everything_is_over() -> None:
    watcher = Watcher()
    watcher.look(SILENT)
    watcher.look(SILENT)

    assert watcher.look(NO_CLOCK) is None
    assert watcher.look() == News(troubles=())


def test_what_is_counted_is_news_when_it_grows_and_never_ends() -> None:
    watcher = Watcher()

    assert watcher.look(failures(2)) == News(troubles=(failures(2),))
    assert watcher.look(failures(2), after=2 * AGAIN) is None
    assert watcher.look(failures(3)) == News(troubles=(failures(3),))
    assert watcher.look(failures(1)) is None
    assert watcher.look(failures(2)) == News(troubles=(failures(2),))
    assert watcher.look() is None


def test_what_is_counted_does_not_hide_that_the_rest_is_well() -> None:
    watcher = Watcher()
    watcher.look(SILENT, failures(1))
    watcher.look(SILENT, failures(1))

    assert watcher.look(failures(1)) == News(troubles=())


def test_what_may_still_mend_itself_is_nobodys_news() -> None:
    watcher = Watcher()
    brief = Trouble(
        kind=Kind.SILENT, light=Light.DEGRADED, text="x", site="salon", worth_an_alert=False
    )

    assert watcher.look(brief) is None
    assert watcher.look(brief, after=AGAIN) is None


def test_the_words_name_sites_and_where_to_look() -> None:
    heard = News(troubles=(NO_CLOCK, SILENT))

    assert subject(heard) == "Booking recovery: something is wrong (salon)"
    assert text(heard, "https://r.example/") == (
        "No clock lives.\nsalon: It is silent.\n\nhttps://r.example/\n"
    )
    assert subject(News(troubles=())) == "Booking recovery: all is well again"
