"""What a process writes to its log, read from its standard error."""

import json
import re
import subprocess
import sys

WRITER = """
import logging
from sidecar.cli.logs import start_logging
from sidecar.config import Log, LogFormat

start_logging(Log(level="info", format=LogFormat({format!r})), role="worker-1")
log = logging.getLogger("sidecar.recover")
log.debug("not asked for")
log.info("recovery sent", extra={{"site": "salon", "number": 1}})
log.info("two\\nlines")
try:
    try:
        open("/nowhere")
    except OSError as error:
        raise ValueError("maria" + "@example.com") from error
except ValueError:
    log.exception("call failed")
"""


def written(log_format: str) -> list[str]:
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", WRITER.format(format=log_format)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_text_has_one_line_a_record_with_the_role_and_the_details() -> None:
    sent, two, *_ = written("text")

    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info worker-1 sidecar\.recover: "
        r"recovery sent site=salon number=1",
        sent,
    )
    assert two.endswith(r": two\nlines")


def test_json_has_one_object_a_record() -> None:
    sent, two, failed = map(json.loads, written("json"))

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", sent.pop("at"))
    assert sent == {
        "level": "info",
        "role": "worker-1",
        "logger": "sidecar.recover",
        "message": "recovery sent",
        "site": "salon",
        "number": 1,
    }
    assert two["message"] == "two\nlines"
    assert failed["level"] == "error"
    assert failed["exception"].endswith("ValueError")


def test_an_error_is_told_with_its_cause_but_without_what_it_may_quote() -> None:
    for log_format in ("text", "json"):
        story = "\n".join(written(log_format))

        assert "FileNotFoundError: [Errno 2] No such file or directory: '/nowhere'" in story
        assert story.index("FileNotFoundError") < story.index("ValueError")
        assert "maria@example.com" not in story
