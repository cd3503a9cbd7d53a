"""Which addresses no fetch may reach: everything that is not the public internet."""

from collections.abc import Iterable, Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def refused(address: str | Address, allow_private: Iterable[Network] = ()) -> str | None:
    """Say why a fetch may not connect to an address, or None if it may.

    `address` is an IP address (a zone such as `%eth0` is ignored), `allow_private` the networks an
    operator opened on purpose. An IPv4 address wrapped in an IPv6 one (mapped, compatible, NAT64,
    6to4, Teredo, ISATAP) is judged as what it wraps. Text that is no address is refused.
    The tables follow the IANA special-purpose registries (RFC 6890 and its updates): the properties
    of `ipaddress` miss several of these ranges and change between patch releases.
    """
    try:
        found = ip_address(str(address).partition("%")[0])
    except ValueError:
        return "not an IP address"
    allowed = tuple(allow_private)
    if _inside(found, allowed):
        return None
    wrapped = list(_wrapped(found))
    if wrapped and not _inside(found, _NEVER_UNWRAPPED):
        reasons = (refused(inner, allowed) for inner in wrapped)
        return next((reason for reason in reasons if reason), None)
    reasons_by_network = _REFUSED_V4 if isinstance(found, IPv4Address) else _REFUSED_V6
    for network, reason in reasons_by_network:
        if found in network:
            return reason
    if isinstance(found, IPv6Address) and found not in _GLOBAL_UNICAST:
        return "outside the public IPv6 range"
    return None


def _inside(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == net.version and address in net for net in networks)


def _wrapped(address: Address) -> Iterator[IPv4Address]:
    """Yield every IPv4 address that a transition mechanism would deliver to."""
    if isinstance(address, IPv4Address):
        return
    low = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.ipv4_mapped is not None or address in _NAT64 or address in _COMPATIBLE:
        yield low
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    elif (int(address) >> 32) & 0xFDFF_FFFF == _ISATAP:
        yield low


_COMPATIBLE = IPv6Network("::/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_ISATAP = 0x0000_5EFE  # the upper half of an interface identifier, its universal bit masked out

_REFUSED_V4: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "a carrier-grade NAT address"),
        ("127.0.0.0/8", "a loopback address"),
        ("168.63.129.16/32", "a cloud metadata address"),  # Azure's, on a public number
        ("169.254.169.254/32", "a cloud metadata address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a documentation address"),
        ("192.88.99.0/24", "a reserved address"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "a benchmarking address"),
        ("198.51.100.0/24", "a documentation address"),
        ("203.0.113.0/24", "a documentation address"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)

_REFUSED_V6: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("::/128", "an unspecified address"),
        ("::1/128", "a loopback address"),
        ("64:ff9b:1::/48", "a local NAT64 address"),
        ("100::/64", "a discard address"),
        ("2001::/23", "a reserved address"),
        ("2001:db8::/32", "a documentation address"),
        ("3fff::/20", "a documentation address"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address"),
        ("ff00::/8", "a multicast address"),
    )
)

# Inside these, the last 32 bits say nothing about where a packet ends up.
_NEVER_UNWRAPPED = tuple(
    ip_network(network)
    for network in ("::/127", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "ff00::/8")
)
