"""A stand-in for Booknetic; it can be any of these versions."""

VERSIONS = ("4.8.6", "5.1.2", "5.2.2")
