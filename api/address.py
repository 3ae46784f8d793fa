"""The address that a request comes from, as far as it tells one network from another."""

from ipaddress import IPv6Network, ip_address

from fastapi import Request

# What a household, an office or a telephone is given of IPv6; whoever has it has every address in it.
_ONE_NETWORK_BITS = 64


def network_of(request: Request) -> str:
    """The IPv4 address, or the network of the IPv6 address; empty where there is none, as with a socket."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _ONE_NETWORK_BITS), strict=False).network_address)
