extension SocketAddress {
    /// Whether the address is one of the public internet, as far as anybody can tell from the outside.
    ///
    /// For connections that a stranger's word leads to (a webhook address, say): everything that could
    /// be this machine, its network, its cloud's metadata service or nobody at all is not public. The
    /// blocks are those of IANA's special-purpose address registries for IPv4 and IPv6 (RFC 6890),
    /// multicast, and what is reserved. Where the registry calls a block globally reachable that no
    /// server lives in (anycast of protocols, AS112, ORCHID), this says no all the same where it lies
    /// inside a larger block.
    ///
    /// An IPv6 address that stands for an IPv4 one is judged as that one: `::ffff:0:0/96` and NAT64's
    /// `64:ff9b::/96`. The other transition prefixes (6to4, Teredo, a NAT64 of one's own) are refused
    /// whole, since they hide an IPv4 address that only a relay knows.
    package var isPublic: Bool {
        switch bytes {
        case .v4(let address): SocketAddress.isPublic(v4: UInt32(bigEndian: address))
        case .v6(let high, let low, _):
            SocketAddress.isPublic(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
        }
    }

    private static func isPublic(v4 address: UInt32) -> Bool {
        !specialV4.contains { address >> (32 - $0.bits) == $0.prefix >> (32 - $0.bits) }
    }

    private static func isPublic(high: UInt64, low: UInt64) -> Bool {
        let isMapped = high == 0 && low >> 32 == 0xFFFF
        let isNAT64 = high == 0x0064_FF9B_0000_0000 && low >> 32 == 0
        if isMapped || isNAT64 { return isPublic(v4: UInt32(truncatingIfNeeded: low)) }
        // Global unicast addresses are handed out of 2000::/3 alone (RFC 4291, section 2.4): loopback,
        // link-local, unique local, site-local, multicast, discard and 5f00::/16 lie outside.
        guard high >> 61 == 0b001 else { return false }
        return !specialV6.contains { high >> (64 - $0.bits) == $0.prefix >> (64 - $0.bits) }
    }

    /// IANA IPv4 Special-Purpose Address Registry, and what is no unicast address.
    private static let specialV4: [(prefix: UInt32, bits: UInt32)] = [
        (0x0000_0000, 8),  // 0.0.0.0/8: this network. Linux takes 0.0.0.0 for itself.
        (0x0A00_0000, 8),  // 10.0.0.0/8: private
        (0x6440_0000, 10),  // 100.64.0.0/10: shared by carriers' NAT; Alibaba's metadata
        (0x7F00_0000, 8),  // 127.0.0.0/8: loopback
        (0xA83F_8110, 32),  // 168.63.129.16: in no registry, but Azure's own service for its machines
        (0xA9FE_0000, 16),  // 169.254.0.0/16: link-local; the metadata of nearly every cloud
        (0xAC10_0000, 12),  // 172.16.0.0/12: private
        (0xC000_0000, 24),  // 192.0.0.0/24: IETF protocols; Oracle's metadata
        (0xC000_0200, 24),  // 192.0.2.0/24: documentation
        (0xC01F_C400, 24),  // 192.31.196.0/24: AS112
        (0xC034_C100, 24),  // 192.52.193.0/24: AMT
        (0xC058_6300, 24),  // 192.88.99.0/24: 6to4 relays, deprecated
        (0xC0A8_0000, 16),  // 192.168.0.0/16: private
        (0xC0AF_3000, 24),  // 192.175.48.0/24: AS112
        (0xC612_0000, 15),  // 198.18.0.0/15: benchmarks
        (0xC633_6400, 24),  // 198.51.100.0/24: documentation
        (0xCB00_7100, 24),  // 203.0.113.0/24: documentation
        (0xE000_0000, 4),  // 224.0.0.0/4: multicast
        (0xF000_0000, 4),  // 240.0.0.0/4: reserved, and the limited broadcast
    ]

    /// The blocks of IANA's IPv6 registry that lie in 2000::/3, by their upper 64 bits.
    private static let specialV6: [(prefix: UInt64, bits: UInt64)] = [
        (0x2001_0000_0000_0000, 23),  // 2001::/23: IETF protocols, with Teredo, benchmarks and ORCHID
        (0x2001_0DB8_0000_0000, 32),  // 2001:db8::/32: documentation
        (0x2002_0000_0000_0000, 16),  // 2002::/16: 6to4
        (0x2620_004F_8000_0000, 48),  // 2620:4f:8000::/48: AS112
        (0x3FFF_0000_0000_0000, 20),  // 3fff::/20: documentation
    ]
}
