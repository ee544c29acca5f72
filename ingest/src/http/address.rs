//! Which addresses belong to the open internet, and which to the house.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Looks public and answers inside a cloud only, with the machine's secrets.
const METADATA_OF_AZURE: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// Whether an address is one of the open internet (IANA special-purpose address registries).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address == METADATA_OF_AZURE
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        // Carrier-grade NAT, protocol assignments, the relays of 6to4, benchmarking.
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match segments {
        // IPv4 in other clothes: mapped, compatible, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0 | 0xFFFF, high, low] => is_public_v4(embedded(high, low)),
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] => is_public_v4(embedded(high, low)),
        [0x2002, high, low, ..] => is_public_v4(embedded(high, low)),
        // Local NAT64, Teredo and the other protocol assignments, documentation.
        [0x64, 0xFF9B, ..] | [0x2001, 0..0x200, ..] | [0x2001, 0xDB8, ..] | [0x3FFF, 0..0x1000, ..] => false,
        // An IPv4 address as the interface of a global one (ISATAP).
        [first, .., 0 | 0x200, 0x5EFE, high, low] if first & 0xE000 == 0x2000 => {
            is_public_v4(embedded(high, low))
        }
        // Everything that is given out globally lies in 2000::/3.
        [first, ..] => first & 0xE000 == 0x2000,
    }
}

/// Whether an address is this machine's own or one of a private network (RFC 1918, RFC 4193). Not those in between
/// that are neither public nor the house's, such as 169.254.169.254.
pub fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_open_internet_are_public() {
        for text in [
            "127.0.0.1",
            "127.8.8.8",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "192.0.0.192",
            "168.63.129.16",
            "192.88.99.1",
            "240.0.0.1",
            "64:ff9b:1::8.8.8.8",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "::ffff:100.100.100.200",
            "::ffff:0:127.0.0.1",
            "2400:3200::5efe:192.168.1.1",
            "3fff:fff::1",
            "5f00::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2400:3200::1",
            "::ffff:8.8.8.8",
            "2001:4860:4860::8888",
            "64:ff9b::8.8.8.8",
            "2400:3200::5efe:8.8.8.8",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }
}
