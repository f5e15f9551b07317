"""Errors, named by what the caller can do about them."""


class SidecarError(Exception):
    """The base of all errors raised on purpose."""


class RetryLater(SidecarError):
    """The other side could not answer now; the same call may succeed later.

    `after` is the number of seconds that the other side asked us to wait, or None.
    """

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class AddressUnknown(RetryLater):
    """The site has not said where it is; its first check-in will."""


class GiveUp(SidecarError):
    """The other side understood and refused; repeating the same call cannot help."""


class WrongRequest(SidecarError):
    """What came in does not fit, and why, in words that its sender can use."""
