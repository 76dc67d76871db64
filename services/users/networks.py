"""The network of a caller, by which failed logins are counted."""

import ipaddress
from typing import Final

# Longer prefixes are not announced on the internet (RFC 7454 section 6.1.3), and the addresses that a carrier gives one
# customer in turn are often within one such network.
IPV4_BITS: Final = 24
# The smallest network that a provider should assign to a site is larger than one /64 (RFC 6177), and /56 is common
# (https://www.ripe.net/publications/docs/ripe-690/). Whoever has a /56 has 256 networks of 64 bits.
IPV6_BITS: Final = 56
NOWHERE: Final = "unknown"


def network_of(address: object) -> str:
    """Return the network of an IP address, and one and the same text for everything that is not an IP address."""
    try:
        parsed = ipaddress.ip_address(address) if isinstance(address, str) else None
    except ValueError:
        parsed = None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((int(parsed), IPV6_BITS), strict=False))
        parsed = parsed.ipv4_mapped
    return NOWHERE if parsed is None else str(ipaddress.IPv4Network((int(parsed), IPV4_BITS), strict=False))
