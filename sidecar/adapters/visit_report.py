"""What the bridge tells of a test visit: how far it has come, and whether Booknetic fits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from sidecar.domain.errors import RetryLater


class StageState(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One part of the way; `title` and `text` are WordPress's words for people.

    `ms` is how long after the visit began it was reached.
    """

    name: str
    title: str
    state: StageState
    text: str
    ms: int | None


class AssumptionState(StrEnum):
    HOLDS = "holds"
    BROKEN = "broken"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """Something of Booknetic that the bridge counts on, and whether it is so on this site."""

    name: str
    kind: str
    state: AssumptionState
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitReport:
    is_over: bool
    stages: tuple[Stage, ...]
    assumptions: tuple[Assumption, ...]


def read_visit(found: Mapping[str, Any]) -> VisitReport:
    """Read an answer; raises RetryLater where it is none."""
    try:
        told = _VISIT.load(found)
    except ValidationError:
        raise RetryLater("WordPress's answer is not a test visit") from None
    return VisitReport(
        is_over=told["is_over"],
        stages=tuple(Stage(**stage) for stage in told["stages"]),
        assumptions=tuple(Assumption(**assumption) for assumption in told["assumptions"]),
    )


class _Lenient(Schema):
    class Meta:
        unknown = EXCLUDE


class _StageSchema(_Lenient):
    name = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.Enum(StageState, by_value=True, required=True)
    text = fields.String(load_default="")
    ms = fields.Integer(allow_none=True, load_default=None)


class _AssumptionSchema(_Lenient):
    name = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.Enum(AssumptionState, by_value=True, required=True)
    text = fields.String(load_default="")


class _VisitSchema(_Lenient):
    is_over = fields.Boolean(required=True)
    stages = fields.List(fields.Nested(_StageSchema), required=True)
    assumptions = fields.List(fields.Nested(_AssumptionSchema), required=True)


_VISIT = _VisitSchema()
