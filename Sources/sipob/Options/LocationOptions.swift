import ArgumentParser
import OutboundKit

/// How servers are found from names, for every command that sends something.
struct LocationOptions: ParsableArguments {
    @Flag(name: .customLong("no-srv"), help: "Look up A and AAAA records only, no NAPTR and SRV (RFC 3263).")
    var noSRV = false

    func validate() throws { _ = try Self.nameserver() }

    func locator() throws -> Locator {
        Locator(nameserver: try Self.nameserver(), usesServiceRecords: !noSRV)
    }

    /// SIPOB_NAMESERVER, the name server to ask instead of the host's own, for zones that are not public yet.
    private static func nameserver() throws -> TransportAddress? {
        guard let text = Terminal.environment("SIPOB_NAMESERVER"), !text.isEmpty else { return nil }
        let address = TransportAddress(text) ?? IPAddress(text).map { TransportAddress(ip: $0, port: 53) }
        guard let address, !address.ip.isIPv6, address.port != 0 else {
            throw ValidationError(
                "SIPOB_NAMESERVER '\(text)' is no IPv4 address, as in 192.0.2.53 or 127.0.0.1:5353.")
        }
        return address
    }
}

extension Locator {
    /// The servers of a target, to be tried in their order (RFC 3263 §4.3). Never empty.
    /// - Parameters:
    ///   - transport: the only one that will do, where the target leaves it open.
    ///   - local: the local end to be used; servers of the other family are left out.
    func servers(
        of target: SIPTarget, over transport: TransportProtocol? = nil, for use: TargetUse, family: AddressFamily,
        from local: TransportAddress?
    ) async throws(TransportError) -> [Target] {
        var random = SystemRandomNumberGenerator()
        let found = try await locate(
            target.host, port: target.givenPort, transport: target.givenTransport ?? transport,
            supported: use.locatable,
            isSecure: target.uri.scheme == .sips, family: family, using: &random)
        let usable = found.filter { local == nil || local?.ip.isIPv6 == $0.address.ip.isIPv6 }
        guard usable.isEmpty else { return usable }
        throw TransportError(
            .resolve(target.host), target.transport, nil, errno: 0,
            detail: "none of its addresses is of the family of --bind")
    }
}
