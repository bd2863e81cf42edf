import CResolv
import Glibc
import NIOPosix

/// What became of one DNS query.
enum DNSOutcome: Sendable, Hashable {
    case records([DNSRecord])
    /// The name does not exist.
    case noName
    /// The name exists, and has no record of that type.
    case noData
    /// No answer in time, or a failure of the servers that may pass.
    case unanswered
    case refused
    case malformed(ParseError)

    var records: [DNSRecord] {
        if case .records(let records) = self { return records }
        return []
    }

    /// In the middle of a sentence; nil when there are records.
    var words: String? {
        switch self {
        case .records: nil
        case .noName: "the name does not exist"
        case .noData: "it has no record of that type"
        case .unanswered: "the name server does not answer, or failed"
        case .refused: "the name server refused"
        case .malformed(let error): "the name server's answer cannot be read: \(error)"
        }
    }
}

/// Asks questions of the domain name system; the tests have one of their own.
protocol DNSLookup: Sendable {
    func query(_ name: String, _ type: DNSType) async -> DNSOutcome
    /// The addresses of a host, in the order in which they are to be tried, or why there are none.
    func addresses(of host: String, _ family: AddressFamily) async -> Result<[IPAddress], DNSFailure>
}

struct DNSFailure: Error, Hashable {
    let words: String
}

/// Asks the host's name servers through the system's resolver library, or one name server that is given.
struct DNSClient: DNSLookup {
    /// The first wait for an answer; each query is sent twice, so that a silent server costs twice as much.
    static let patienceSeconds: Int32 = 2
    private static let room = 65_535

    /// Asked instead of the host's own; IPv4.
    let server: TransportAddress?

    func query(_ name: String, _ type: DNSType) async -> DNSOutcome {
        guard !name.isEmpty, name.utf8.count < 256, !name.utf8.contains(0) else { return .noName }
        let server = server
        // The library waits for seconds when a server is silent: never on the threads of the caller.
        let outcome = try? await NIOThreadPool.singleton.runIfActive { Self.ask(server, name, type) }
        return outcome ?? .unanswered
    }

    private static func ask(_ server: TransportAddress?, _ name: String, _ type: DNSType) -> DNSOutcome {
        var octets = [UInt8](repeating: 0, count: room)
        var count = 0
        let number = Int32(type.rawValue)
        let status: Int32
        if let server {
            var (storage, _) = UDPSocket.storage(of: server)
            status = unsafe UDPSocket.rebound(&storage) {
                unsafe sipob_resolv_query(name, number, $0, patienceSeconds, &octets, octets.count, &count)
            }
        } else {
            status = unsafe sipob_resolv_query(name, number, nil, patienceSeconds, &octets, octets.count, &count)
        }
        switch Int(status) {
        case SIPOB_RESOLV_ANSWERED: break
        case SIPOB_RESOLV_NO_NAME: return .noName
        case SIPOB_RESOLV_NO_DATA: return .noData
        case SIPOB_RESOLV_TRY_AGAIN: return .unanswered
        default: return .refused
        }
        do {
            let answer = try unsafe DNSMessage.parse(octets.span.bytes.extracting(first: min(count, octets.count)))
            return answer.records.isEmpty ? .noData : .records(answer.records)
        } catch {
            return .malformed(error)
        }
    }

    func addresses(of host: String, _ family: AddressFamily) async -> Result<[IPAddress], DNSFailure> {
        guard server != nil else {
            do {
                return .success(
                    try await Resolver.addresses(of: host, port: 0, transport: .udp, family: family).map(\.ip))
            } catch {
                return .failure(DNSFailure(words: error.detail ?? error.description))
            }
        }
        // Both at once: a silent server costs its patience once.
        async let six = family == .ipv4 ? DNSOutcome.noData : query(host, .aaaa)
        async let four = family == .ipv6 ? DNSOutcome.noData : query(host, .a)
        let outcomes = await [six, four]
        let found = outcomes.flatMap(\.records).compactMap { record -> IPAddress? in
            if case .address(let address) = record { return address }
            return nil
        }
        guard found.isEmpty else { return .success(found) }
        if outcomes.contains(.unanswered) {
            return .failure(DNSFailure(words: "the name server does not answer, or failed"))
        }
        if outcomes.contains(.noName) { return .failure(DNSFailure(words: "the name does not exist")) }
        let isAlias = outcomes.flatMap(\.records).contains { if case .alias = $0 { true } else { false } }
        return .failure(
            DNSFailure(words: isAlias ? "it is an alias of a name without an address" : "it has no address"))
    }
}
