"""The whole system on this machine, to walk through by hand or to have walked through."""
