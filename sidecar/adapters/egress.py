"""Where calls may go: to a site that its own check-in named only over TLS and to public addresses.

A name is resolved once for a connection, all its addresses are looked at, and it is those that
are connected to: a name that answers differently a moment later changes nothing.
"""

import ipaddress
import socket
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError

# What `is_global` holds for public in some versions of Python, and is not: ways into IPv4 from
# IPv6, addresses of protocols, relays, benchmarks, and what is reserved.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "::/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/23",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
    )
)


def session(*, anywhere: bool) -> requests.Session:
    """Return a session without proxies and passwords of the environment.

    With `anywhere` it goes wherever it is told, as the operator may tell it; else to public
    addresses over TLS only.
    """
    made = requests.Session()
    made.trust_env = False
    if not anywhere:
        made.mount("https://", _ToPublicAddresses())
        made.adapters.pop("http://")
    return made


def is_public(address: str) -> bool:
    """Tell whether an IP address is anybody's on the internet, and not of a network within."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    among = any(ip in network for network in _NOT_PUBLIC if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not among


class NotPublic(NewConnectionError):
    """A name leads into a network within."""


class _PublicConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        fault: NewConnectionError | None = None
        for address in self._addresses(name):
            # What is connected to; whose certificate is asked for stays the name.
            self._dns_host = address
            try:
                return super()._new_conn()
            except NewConnectionError as refused:
                fault = refused
            finally:
                self._dns_host = name
        raise fault or NewConnectionError(self, "the name has no address")

    def _addresses(self, name: str) -> list[str]:
        try:
            found = socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as fault:
            raise NameResolutionError(name, self, socket.gaierror(str(fault))) from fault
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not all(map(is_public, addresses)):
            raise NotPublic(self, "the name leads to an address that is not public")
        return addresses


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _ToPublicAddresses(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}
