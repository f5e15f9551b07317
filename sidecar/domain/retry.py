"""How long to wait before a site that failed is asked again."""

from datetime import timedelta

_PAUSES = (5, 15, 30, 60, 120, 300, 900, 3600)
_EARLY_TRIES = 4
_LONGEST_EARLY_PAUSE = 60


def pause(tries: int, asked: float | None = None) -> timedelta:
    """Return the pause after the given number of failed tries (1 for the first).

    `asked` is the site's own Retry-After in seconds; it is honoured, but the first four
    tries wait at most a minute, so that a short outage is over soon for whoever waits.
    """
    seconds = float(_PAUSES[min(tries, len(_PAUSES)) - 1])
    if asked is not None:
        seconds = min(max(seconds, asked), float(_PAUSES[-1]))
    if tries <= _EARLY_TRIES:
        seconds = min(seconds, _LONGEST_EARLY_PAUSE)
    return timedelta(seconds=seconds)
