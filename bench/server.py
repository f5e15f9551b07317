"""The production server, with no limit on what a site sends: `python -m bench.server CONFIG`."""

import sys
from pathlib import Path

from bench.ours import lift_limit
from sidecar.cli.begin import begin
from sidecar.web.server import serve

if __name__ == "__main__":
    lift_limit()
    serve(begin(Path(sys.argv[1]), role="web"))
