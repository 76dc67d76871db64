import pytest

from users.networks import NOWHERE, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.255", "203.0.113.0/24"),
        ("203.0.114.0", "203.0.114.0/24"),
        ("0.0.0.1", "0.0.0.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1:2ff:3:4:5:6", "2001:db8:1:200::/56"),
        ("2001:db8:1:200::", "2001:db8:1:200::/56"),
        ("2001:db8:1:300::", "2001:db8:1:300::/56"),
        ("::1", "::/56"),
        ("fe80::1%eth0", "fe80::/56"),
    ],
)
def test_network_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    "address",
    [None, "", "testclient", "203.0.113.7, 198.51.100.1", "203.0.113.7:443", "1.2.3", 5, b"\1\2\3\4", ["::1"]],
)
def test_everything_else_is_one_network(address: object) -> None:
    assert network_of(address) == NOWHERE
