import json
from pathlib import Path
from typing import Any

import pytest

from sidecar.domain.person import normalise_email, normalise_phone, person_key

VECTORS = Path(__file__).parents[1] / "contract" / "people.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['kind']} {case['given']!r}")
def test_an_identifier_is_normalised_as_both_sides_agreed(case: dict[str, Any]) -> None:
    normalise = normalise_email if case["kind"] == "email" else normalise_phone

    normalised = normalise(case["given"])

    assert normalised == case["normalised"]
    assert (normalised and person_key(normalised)) == case["person_key"]
