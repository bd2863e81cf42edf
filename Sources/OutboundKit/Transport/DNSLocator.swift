/// Finds the servers of a SIP URI (RFC 3263): NAPTR for the transport, SRV for port and host, A and AAAA for the address.
public struct Locator: Sendable {
    /// Where to send to, and under which name.
    public struct Target: Sendable, Hashable {
        public let transport: TransportProtocol
        public let address: TransportAddress
        /// What a TLS certificate must be for: the domain of the URI, not the host that SRV gave (RFC 5922 §4).
        public let name: String
        /// The SRV record's owner, where one led here; nil for a plain address.
        public let service: String?

        public init(
            transport: TransportProtocol, address: TransportAddress, name: String, service: String? = nil
        ) {
            self.transport = transport
            self.address = address
            self.name = name
            self.service = service
        }
    }

    /// The most hosts of SRV records that are looked up, and the most targets that come back.
    static let hostLimit = 16
    static let targetLimit = 32

    private let lookup: any DNSLookup
    private let usesServiceRecords: Bool

    /// - Parameters:
    ///   - nameserver: an IPv4 address to ask instead of the host's own name servers and tables.
    ///   - usesServiceRecords: false goes straight to A and AAAA records.
    public init(nameserver: TransportAddress? = nil, usesServiceRecords: Bool = true) {
        self.init(DNSClient(server: nameserver), usesServiceRecords: usesServiceRecords)
    }

    init(_ lookup: any DNSLookup, usesServiceRecords: Bool = true) {
        self.lookup = lookup
        self.usesServiceRecords = usesServiceRecords
    }

    /// Finds the targets, to be tried in their order.
    ///
    /// When a name server is silent this takes at most 4 seconds for each of NAPTR, SRV and the addresses, and what else the
    /// host's own configuration allows for addresses.
    ///
    /// - Parameters:
    ///   - host: a name or an address, IPv6 with or without brackets.
    ///   - port: the URI's own port; nil without one.
    ///   - transport: the URI's own transport; nil without one.
    ///   - supported: what the caller can speak, best first.
    ///   - isSecure: the URI is `sips`: TLS on every transport.
    /// - Throws: `.resolve` with the reason. Never returns an empty list.
    public func locate(
        _ host: String, port: UInt16? = nil, transport: TransportProtocol? = nil, supported: [TransportProtocol],
        isSecure: Bool = false, family: AddressFamily = .any,
        using generator: inout some RandomNumberGenerator & Sendable
    ) async throws(TransportError) -> [Target] {
        let given = transport.map { isSecure ? Self.secured($0) : $0 }
        let assumed = given ?? Self.assumed(supported, isSecure)
        func none(_ why: String) -> TransportError {
            TransportError(.resolve(host), assumed, nil, errno: 0, detail: why)
        }
        let plain = try Self.plain(
            host, port: port, transport: transport, supported: supported, isSecure: isSecure, family: family)
        if let plain { return [plain] }
        // RFC 3263 §4.2: with a port, and so for whoever wants no service records, only addresses are looked up. Names below
        // localhost are no name server's business (RFC 6761 §6.3).
        let lower = host.lowercased()
        let isLocal = lower == "localhost" || lower.hasSuffix(".localhost")
        if port == nil, usesServiceRecords, !isLocal {
            let services = await services(of: host, given: given, supported: supported, isSecure: isSecure)
            var targets: [Target] = []
            var failures: [String] = []
            var isDenied = false
            var hosts = 0
            for (transport, owner) in services {
                let outcome = await lookup.query(owner, .srv)
                // A silent server is asked for the addresses alone; the rest would cost as much again.
                if outcome == .unanswered { break }
                let records = outcome.records.compactMap { record -> DNSService? in
                    if case .service(let service) = record { return service }
                    return nil
                }
                for record in DNSServiceOrder.order(records, using: &generator) {
                    // The root as target: the service is decidedly not there (RFC 2782).
                    guard !record.target.isEmpty, record.port != 0 else {
                        isDenied = true
                        failures.append("\(owner) says that the service is not offered")
                        continue
                    }
                    guard hosts < Self.hostLimit else { break }
                    hosts += 1
                    switch await lookup.addresses(of: record.target, family) {
                    case .success(let found):
                        for address in found where family.admits(address) && targets.count < Self.targetLimit {
                            targets.append(
                                Target(
                                    transport: transport, address: TransportAddress(ip: address, port: record.port),
                                    name: host, service: owner))
                        }
                    case .failure(let failure):
                        failures.append("\(record.target), to which \(owner) leads: \(failure.words)")
                    }
                }
            }
            if !targets.isEmpty { return targets }
            if let first = failures.first {
                let more = failures.count > 1 && !isDenied ? " (and \(failures.count - 1) more)" : ""
                throw none(first + more)
            }
        }
        switch await lookup.addresses(of: host, family) {
        case .failure(let failure): throw none(failure.words)
        case .success(let found):
            let targets = found.filter(family.admits).prefix(Self.targetLimit).map { address in
                Target(
                    transport: assumed, address: TransportAddress(ip: address, port: port ?? assumed.defaultPort),
                    name: host)
            }
            guard !targets.isEmpty else { throw none("it has no address of that family") }
            return targets
        }
    }

    /// The target of a host that is an address, for which nothing needs to be looked up; nil for a name.
    /// - Throws: `.resolve` when it is of the other family.
    public static func plain(
        _ host: String, port: UInt16? = nil, transport: TransportProtocol? = nil, supported: [TransportProtocol],
        isSecure: Bool = false, family: AddressFamily = .any
    ) throws(TransportError) -> Target? {
        guard let address = IPAddress(host) else { return nil }
        let assumed = transport.map { isSecure ? secured($0) : $0 } ?? assumed(supported, isSecure)
        guard family.admits(address) else {
            throw TransportError(
                .resolve(host), assumed, nil, errno: 0, detail: "it is an address of the other family")
        }
        let end = TransportAddress(ip: address, port: port ?? assumed.defaultPort)
        return Target(transport: assumed, address: end, name: host)
    }

    /// The owners of the SRV records to ask for, by transport, in order of preference (RFC 3263 §4.1).
    private func services(
        of host: String, given: TransportProtocol?, supported: [TransportProtocol], isSecure: Bool
    ) async -> [(transport: TransportProtocol, owner: String)] {
        func owner(_ transport: TransportProtocol) -> String { Self.label(transport) + host }
        if let given { return [(given, owner(given))] }
        let usable = supported.filter { !isSecure || $0 == .tls || $0 == .wss }
        let outcome = await lookup.query(host, .naptr)
        if outcome == .unanswered { return [] }
        let pointers = outcome.records.compactMap { record -> (DNSNamingPointer, TransportProtocol)? in
            guard case .pointer(let pointer) = record, pointer.flags.lowercased() == "s",
                let transport = Self.transport(of: pointer.service), usable.contains(transport),
                !pointer.replacement.isEmpty
            else { return nil }
            return (pointer, transport)
        }
        guard pointers.isEmpty else {
            return pointers.sorted { ($0.0.order, $0.0.preference) < ($1.0.order, $1.0.preference) }
                .map { (transport: $0.1, owner: $0.0.replacement) }
        }
        return usable.map { (transport: $0, owner: owner($0)) }
    }

    /// RFC 3263 §4.1: UDP for sip, TLS over TCP for sips, when nothing else is known.
    private static func assumed(_ supported: [TransportProtocol], _ isSecure: Bool) -> TransportProtocol {
        if isSecure { return .tls }
        return supported.contains(.udp) ? .udp : supported.first ?? .udp
    }

    private static func secured(_ transport: TransportProtocol) -> TransportProtocol {
        switch transport {
        case .tcp, .udp, .tls, .sctp: .tls
        case .ws, .wss: .wss
        }
    }

    /// RFC 3263 §4.1, §4.2; RFC 7118 §7 for WebSocket.
    private static func label(_ transport: TransportProtocol) -> String {
        switch transport {
        case .udp: "_sip._udp."
        case .tcp: "_sip._tcp."
        case .sctp: "_sip._sctp."
        case .tls: "_sips._tcp."
        case .ws: "_sip._ws."
        case .wss: "_sips._ws."
        }
    }

    private static func transport(of service: String) -> TransportProtocol? {
        switch service.uppercased() {
        case "SIP+D2U": .udp
        case "SIP+D2T": .tcp
        case "SIP+D2S": .sctp
        case "SIPS+D2T": .tls
        case "SIP+D2W": .ws
        case "SIPS+D2W": .wss
        default: nil
        }
    }
}
