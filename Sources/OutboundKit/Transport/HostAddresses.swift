import NIOCore

/// The addresses of this host.
enum HostAddresses {
    /// Those of one family, loopback first. Link-local IPv6 addresses are left out: they need a zone, which neither a
    /// flow nor a SIP field can carry.
    static func all(ipv6: Bool) -> [IPAddress] {
        let devices = (try? System.enumerateDevices()) ?? []
        var seen = Set<IPAddress>()
        let found = devices.compactMap { device -> IPAddress? in
            guard let text = device.address?.ipAddress, let ip = IPAddress(text), ip.isIPv6 == ipv6,
                !ip.isLinkLocal, seen.insert(ip).inserted
            else { return nil }
            return ip
        }
        return found.filter(\.isLoopback) + found.filter { !$0.isLoopback }
    }
}

extension IPAddress {
    /// `0.0.0.0` or `::`.
    var isUnspecified: Bool { high == 0 && low == 0 }

    /// fe80::/10 (RFC 4291 §2.5.6); of IPv4, 169.254/16 takes no zone and does not count.
    var isLinkLocal: Bool { isIPv6 && high >> 54 == 0xFE80 >> 6 }
}
