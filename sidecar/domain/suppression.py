"""People who must not be messaged. Only hashes of them are kept."""

from dataclasses import dataclass
from datetime import datetime

from sidecar.domain.recovery import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """`reason` is OPTED_OUT or FORGOTTEN; `via` says by what way the wish came."""

    reason: Reason
    at: datetime
    via: str
