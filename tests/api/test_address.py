"""One network is one address, whatever it can make of its own."""

import pytest
from fastapi import Request

from api.address import network_of


def asked_from(host: str | None) -> str:
    client = None if host is None else (host, 1234)
    return network_of(Request({"type": "http", "client": client, "headers": []}))


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("testclient", "testclient"),
        (None, ""),
    ],
)
def test_it_is_named(host: str | None, network: str) -> None:
    assert asked_from(host) == network


def test_a_household_with_ipv6_is_one_whatever_addresses_it_takes() -> None:
    assert asked_from("2001:db8:1:2::1") == asked_from("2001:db8:1:2:ffff:ffff:ffff:ffff")
    assert asked_from("2001:db8:1:2::1") != asked_from("2001:db8:1:3::1")
