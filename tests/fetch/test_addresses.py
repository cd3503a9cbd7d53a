from ipaddress import ip_address, ip_network

import pytest

from pipeline.fetch.addresses import refused


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("0.0.0.0", "an unspecified address"),
        ("0.1.2.3", "an unspecified address"),
        ("10.1.2.3", "a private address"),
        ("100.64.0.1", "a carrier-grade NAT address"),
        ("100.100.100.200", "a carrier-grade NAT address"),
        ("127.0.0.1", "a loopback address"),
        ("127.255.255.254", "a loopback address"),
        ("168.63.129.16", "a cloud metadata address"),
        ("169.254.169.254", "a cloud metadata address"),
        ("169.254.1.1", "a link-local address"),
        ("172.16.0.1", "a private address"),
        ("172.31.255.255", "a private address"),
        ("192.0.0.192", "a reserved address"),
        ("192.0.2.1", "a documentation address"),
        ("192.88.99.1", "a reserved address"),
        ("192.168.1.1", "a private address"),
        ("198.18.0.1", "a benchmarking address"),
        ("198.19.255.255", "a benchmarking address"),
        ("198.51.100.1", "a documentation address"),
        ("203.0.113.1", "a documentation address"),
        ("224.0.0.1", "a multicast address"),
        ("240.0.0.1", "a reserved address"),
        ("255.255.255.255", "a reserved address"),
        ("::", "an unspecified address"),
        ("::1", "a loopback address"),
        ("100::1", "a discard address"),
        ("2001:2::1", "a reserved address"),
        ("2001:db8::1", "a documentation address"),
        ("3fff::1", "a documentation address"),
        ("fc00::1", "a private address"),
        ("fd00:ec2::254", "a private address"),
        ("fe80::1", "a link-local address"),
        ("fe80::1%eth0", "a link-local address"),
        ("fec0::1", "a site-local address"),
        ("ff02::1", "a multicast address"),
        ("4000::1", "outside the public IPv6 range"),
        ("5f00::1", "outside the public IPv6 range"),
        ("not an address", "not an IP address"),
        ("", "not an IP address"),
    ],
)
def test_whatever_is_not_public_is_refused_with_a_reason(address, reason):
    assert refused(address) == reason


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "198.20.0.1",
        "2606:4700::1",
        "2a00:1450::1",
    ],
)
def test_public_addresses_are_not_refused(address):
    assert refused(address) is None
    assert refused(ip_address(address)) is None


@pytest.mark.parametrize(
    ("address", "how"),
    [
        ("::ffff:127.0.0.1", "mapped"),
        ("::ffff:a9fe:a9fe", "mapped"),
        ("::127.0.0.1", "compatible"),
        ("64:ff9b::7f00:1", "NAT64"),
        ("64:ff9b::a00:1", "NAT64"),
        ("64:ff9b:1::7f00:1", "local NAT64"),
        ("64:ff9b:1:7f00:0:100::", "local NAT64, the other layout"),
        ("2002:7f00:1::", "6to4"),
        ("2002:a9fe:a9fe::1", "6to4"),
        ("2001:0:7f00:1::1", "Teredo server"),
        ("2001:0:808:808:0:0:80ff:fffe", "Teredo client"),
        ("2a00:1450::5efe:7f00:1", "ISATAP"),
        ("2a00:1450::200:5efe:a00:1", "ISATAP"),
    ],
)
def test_an_inside_address_wrapped_in_another_is_refused(address, how):
    assert refused(address) is not None, how


@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"])
def test_a_public_address_stays_public_when_wrapped(address):
    assert refused(address) is None


def test_a_network_opened_on_purpose_is_reached_also_when_wrapped():
    allowed = (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert refused("127.0.0.1", allowed) is None
    assert refused("::ffff:127.0.0.1", allowed) is None
    assert refused("fd00::7", allowed) is None
    assert refused("10.0.0.1", allowed) == "a private address"
    assert refused("fe80::1", allowed) == "a link-local address"
