"""`python -m sidecar` is `booking-recovery`."""

from sidecar.cli import main

main(prog_name="booking-recovery")
