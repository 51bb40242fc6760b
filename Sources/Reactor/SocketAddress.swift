import CLinux
import Glibc

/// An IPv4 or IPv6 address with a port.
package struct SocketAddress: Sendable, Hashable {
    enum Bytes: Hashable, Sendable {
        case v4(UInt32)  // network byte order
        case v6(high: UInt64, low: UInt64, scope: UInt32)  // network byte order
    }

    let bytes: Bytes
    /// The port in host byte order.
    package let port: UInt16

    private init(_ bytes: Bytes, _ port: UInt16) {
        self.bytes = bytes
        self.port = port
    }

    /// Parses a literal such as `127.0.0.1` or `::1`; `nil` for anything else, names included.
    package init?(ip: String, port: UInt16) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, ip, &v4) == 1 {
            self.init(.v4(v4.s_addr), port)
        } else if inet_pton(AF_INET6, ip, &v6) == 1 {
            self.init(SocketAddress.words(v6, scope: 0), port)
        } else {
            return nil
        }
    }

    init?(_ raw: UnsafePointer<sockaddr>) {
        switch Int32(raw.pointee.sa_family) {
        case AF_INET:
            let address = UnsafeRawPointer(raw).loadUnaligned(as: sockaddr_in.self)
            self.init(.v4(address.sin_addr.s_addr), UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            let address = UnsafeRawPointer(raw).loadUnaligned(as: sockaddr_in6.self)
            let words = SocketAddress.words(address.sin6_addr, scope: address.sin6_scope_id)
            self.init(words, UInt16(bigEndian: address.sin6_port))
        default:
            return nil
        }
    }

    /// Asks the kernel about `descriptor` through `getsockname` or `getpeername`.
    init?(
        of descriptor: Int32,
        by query: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address = withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                query(descriptor, raw, &length) == 0 ? SocketAddress(raw) : nil
            }
        }
        guard let address else { return nil }
        self = address
    }

    private static func words(_ address: in6_addr, scope: UInt32) -> Bytes {
        withUnsafeBytes(of: address) { raw in
            .v6(
                high: raw.loadUnaligned(as: UInt64.self),
                low: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                scope: scope
            )
        }
    }

    /// The same address with another port.
    package func with(port: UInt16) -> SocketAddress {
        SocketAddress(bytes, port)
    }

    /// 127.0.0.0/8, `::1`, or the former written as IPv6.
    package var isLoopback: Bool {
        switch bytes {
        case .v4(let address): UInt32(bigEndian: address) >> 24 == 127
        case .v6(0, let low, _):
            UInt64(bigEndian: low) == 1 || UInt64(bigEndian: low) >> 24 == 0x0000_ffff_7f
        case .v6: false
        }
    }

    var family: Int32 {
        if case .v4 = bytes { AF_INET } else { AF_INET6 }
    }

    /// Gives the address to a socket call.
    func withSockAddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        switch bytes {
        case .v4(let address):
            var raw = sockaddr_in()
            raw.sin_family = sa_family_t(AF_INET)
            raw.sin_port = port.bigEndian
            raw.sin_addr.s_addr = address
            return SocketAddress.rebound(&raw, body)
        case .v6(let high, let low, let scope):
            var raw = sockaddr_in6()
            raw.sin6_family = sa_family_t(AF_INET6)
            raw.sin6_port = port.bigEndian
            raw.sin6_scope_id = scope
            withUnsafeMutableBytes(of: &raw.sin6_addr) { target in
                target.storeBytes(of: high, as: UInt64.self)
                target.storeBytes(of: low, toByteOffset: 8, as: UInt64.self)
            }
            return SocketAddress.rebound(&raw, body)
        }
    }

    private static func rebound<T, R>(_ raw: inout T, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        withUnsafePointer(to: &raw) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<T>.size)) }
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    /// The address without the port, as a literal: `127.0.0.1`, `::1`.
    package var ip: String {
        withSockAddr { raw, length in
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            getnameinfo(raw, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        }
    }

    /// `127.0.0.1:4000` or `[::1]:4000`.
    package var description: String {
        family == AF_INET6 ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }
}
