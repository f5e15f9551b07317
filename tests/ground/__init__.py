"""The ground that tests stand on: the real parts, each in a private directory.

Every part listens on a free port of 127.0.0.1 or on a socket in its directory, and ends with
the process that started it.
"""
