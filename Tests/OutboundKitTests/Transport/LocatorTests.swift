import Testing

@testable import OutboundKit

/// A zone in memory.
struct TableLookup: DNSLookup {
    var services: [String: DNSOutcome] = [:]
    var pointers: [String: DNSOutcome] = [:]
    var hosts: [String: [String]] = [:]

    func query(_ name: String, _ type: DNSType) async -> DNSOutcome {
        switch type {
        case .srv: services[name] ?? .noData
        case .naptr: pointers[name] ?? .noData
        case .a, .aaaa: .noData
        }
    }

    func addresses(of host: String, _ family: AddressFamily) async -> Result<[IPAddress], DNSFailure> {
        guard let found = hosts[host] else { return .failure(DNSFailure(words: "the name does not exist")) }
        return .success(found.compactMap { IPAddress($0) })
    }

    static func services(_ rows: (UInt16, UInt16, String)...) -> DNSOutcome {
        .records(rows.map { .service(DNSService(priority: $0.0, weight: 0, port: $0.1, target: $0.2)) })
    }

    static func pointers(_ rows: (UInt16, String, String)...) -> DNSOutcome {
        .records(
            rows.map {
                .pointer(DNSNamingPointer(order: $0.0, preference: 0, flags: "S", service: $0.1, replacement: $0.2))
            })
    }
}

/// The rules of RFC 3263 §4, row by row.
@Suite struct LocatorTests {
    static let zone = TableLookup(
        services: [
            "_sip._udp.example.test": TableLookup.services((20, 5080, "b.example.test"), (10, 5070, "a.example.test")),
            "_sip._tcp.example.test": TableLookup.services((10, 5071, "a.example.test")),
            "_sips._tcp.example.test": TableLookup.services((10, 5072, "a.example.test")),
            "_x._tcp.naptr.test": TableLookup.services((10, 6000, "a.example.test")),
            "_y._udp.naptr.test": TableLookup.services((10, 6001, "b.example.test")),
            "_z._tcp.naptr.test": TableLookup.services((10, 6002, "b.example.test")),
            "_sip._udp.none.test": TableLookup.services((0, 0, "")),
            "_sip._udp.circle.test": TableLookup.services((1, 5060, "circle2.test")),
            "_sip._udp.circle2.test": TableLookup.services((1, 5060, "circle.test")),
            "_sip._udp.half.test": TableLookup.services((1, 5060, "gone.test"), (2, 5061, "b.example.test")),
            "_sip._udp.silent.test": .unanswered,
            "_sip._udp.localhost": TableLookup.services((1, 1, "b.example.test")),
        ],
        pointers: [
            "naptr.test": TableLookup.pointers(
                (30, "SIP+D2U", "_y._udp.naptr.test"), (10, "SIPS+D2T", "_z._tcp.naptr.test"),
                (20, "sip+d2t", "_x._tcp.naptr.test"), (5, "E2U+sip", "nonsense.test")),
            "silentnaptr.test": .unanswered,
        ],
        hosts: [
            "a.example.test": ["192.0.2.1", "2001:db8::1"], "b.example.test": ["192.0.2.2"],
            "example.test": ["192.0.2.9"], "plain.test": ["192.0.2.8"], "none.test": ["192.0.2.7"],
            "silent.test": ["192.0.2.6"], "localhost": ["127.0.0.1"], "silentnaptr.test": ["192.0.2.5"],
        ])

    struct Row: CustomTestStringConvertible, Sendable {
        let host: String
        var port: UInt16?
        var transport: TransportProtocol?
        var supported: [TransportProtocol] = [.udp, .tcp]
        var isSecure = false
        var family = AddressFamily.any
        var usesServices = true
        let expected: [String]
        var testDescription: String {
            "\(isSecure ? "sips" : "sip"):\(host)\(port.map { ":\($0)" } ?? "") \(transport.map(\.description) ?? "") "
                + "\(supported)"
        }
    }

    static let rows: [Row] = [
        // Addresses and ports speak for themselves.
        Row(host: "192.0.2.50", expected: ["udp 192.0.2.50:5060"]),
        Row(host: "192.0.2.50", port: 5090, transport: .tcp, expected: ["tcp 192.0.2.50:5090"]),
        Row(host: "192.0.2.50", isSecure: true, expected: ["tls 192.0.2.50:5061"]),
        Row(host: "2001:db8::50", transport: .tcp, expected: ["tcp [2001:db8::50]:5060"]),
        Row(host: "[2001:db8::50]", expected: ["udp [2001:db8::50]:5060"]),
        Row(host: "example.test", port: 5090, expected: ["udp 192.0.2.9:5090"]),
        Row(host: "example.test", port: 5090, isSecure: true, expected: ["tls 192.0.2.9:5090"]),
        // A transport decides which SRV is asked for, and no NAPTR is.
        Row(
            host: "example.test", transport: .udp,
            expected: ["udp 192.0.2.1:5070", "udp [2001:db8::1]:5070", "udp 192.0.2.2:5080"]),
        Row(host: "example.test", transport: .tcp, family: .ipv4, expected: ["tcp 192.0.2.1:5071"]),
        Row(host: "example.test", transport: .tcp, isSecure: true, family: .ipv6, expected: ["tls [2001:db8::1]:5072"]),
        Row(host: "naptr.test", transport: .udp, expected: ["error the name does not exist"]),
        // NAPTR chooses among what is supported.
        Row(
            host: "naptr.test", family: .ipv4, expected: ["tcp 192.0.2.1:6000", "udp 192.0.2.2:6001"]),
        Row(host: "naptr.test", supported: [.udp], expected: ["udp 192.0.2.2:6001"]),
        Row(host: "naptr.test", supported: [.udp, .tls], isSecure: true, expected: ["tls 192.0.2.2:6002"]),
        // Without NAPTR the SRV of each supported transport, in the order of preference.
        Row(
            host: "example.test", supported: [.tcp, .udp], family: .ipv4,
            expected: ["tcp 192.0.2.1:5071", "udp 192.0.2.1:5070", "udp 192.0.2.2:5080"]),
        Row(host: "plain.test", expected: ["udp 192.0.2.8:5060"]),
        Row(host: "localhost", expected: ["udp 127.0.0.1:5060"]),
        Row(host: "plain.test", isSecure: true, expected: ["tls 192.0.2.8:5061"]),
        Row(host: "example.test", usesServices: false, expected: ["udp 192.0.2.9:5060"]),
        // What goes wrong.
        Row(
            host: "none.test", supported: [.udp],
            expected: ["error _sip._udp.none.test says that the service is not offered"]),
        Row(
            host: "circle.test", transport: .udp,
            expected: ["error circle2.test, to which _sip._udp.circle.test leads: the name does not exist"]),
        Row(host: "half.test", transport: .udp, expected: ["udp 192.0.2.2:5061"]),
        Row(host: "silent.test", transport: .udp, expected: ["udp 192.0.2.6:5060"]),
        Row(host: "silentnaptr.test", expected: ["udp 192.0.2.5:5060"]),
        Row(host: "nowhere.test", expected: ["error the name does not exist"]),
        Row(host: "192.0.2.50", family: .ipv6, expected: ["error it is an address of the other family"]),
        Row(host: "plain.test", family: .ipv6, expected: ["error it has no address of that family"]),
    ]

    @Test(arguments: rows)
    func locates(_ row: Row) async {
        var random = SeededGenerator(seed: 3263)
        let locator = Locator(Self.zone, usesServiceRecords: row.usesServices)
        var found: [String]
        do {
            let targets = try await locator.locate(
                row.host, port: row.port, transport: row.transport, supported: row.supported, isSecure: row.isSecure,
                family: row.family, using: &random)
            found = targets.map { "\($0.transport) \($0.address)" }
            #expect(targets.allSatisfy { $0.name == row.host })
        } catch {
            found = ["error \(error.detail ?? "")"]
        }
        #expect(found == row.expected)
    }

    /// A hundred hosts in one answer do not make a hundred look-ups.
    @Test func manyHosts() async throws {
        var zone = TableLookup()
        zone.services["_sip._udp.big.test"] = .records(
            (0..<100).map { .service(DNSService(priority: $0, weight: 0, port: 5060, target: "h\($0).test")) })
        for index in 0..<100 { zone.hosts["h\(index).test"] = (1...20).map { "192.0.2.\($0)" } }
        var random = SeededGenerator(seed: 1)
        let targets = try await Locator(zone).locate(
            "big.test", transport: .udp, supported: [.udp], using: &random)
        #expect(targets.count == Locator.targetLimit)
    }
}
