import Glibc
import OutboundKit
import Testing

/// A dnsmasq on a free port of 127.0.0.1 with a zone of its own; ends with its owner.
final class DNSMasq {
    let port: UInt16
    private let process: RunningProgram

    static let records = [
        "--srv-host=_sip._udp.srv.test,two.srv.test,5080,20,1", "--srv-host=_sip._udp.srv.test,one.srv.test,5070,10,1",
        "--host-record=one.srv.test,127.0.0.1", "--host-record=two.srv.test,127.0.0.2",
        "--naptr-record=naptr.test,20,10,s,SIP+D2U,,_sip._udp.naptr.test",
        "--naptr-record=naptr.test,10,10,s,SIP+D2T,,_sip._tcp.naptr.test",
        "--srv-host=_sip._udp.naptr.test,one.srv.test,5090", "--srv-host=_sip._tcp.naptr.test,two.srv.test,5091",
        "--host-record=plain.test,127.0.0.3,::1", "--srv-host=_sip._udp.denied.test",
        "--srv-host=_sip._udp.circle.test,circle2.test,5060", "--srv-host=_sip._udp.circle2.test,circle.test,5060",
        "--cname=alias.test,plain.test",
    ]

    /// - Parameter extra: further options, as on the command line.
    static func start(_ extra: [String] = []) async throws -> DNSMasq {
        let program = try #require(Program.installed("dnsmasq"))
        var lastErrors = ""
        // A port that was free may be taken before dnsmasq binds it.
        for _ in 0..<5 {
            let port = try freePort()
            let process = try program.start(
                [
                    "--keep-in-foreground", "--port=\(port)", "--listen-address=127.0.0.1", "--bind-interfaces",
                    "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--pid-file=", "--local=/test/",
                    "--user=\(userName)", "--log-facility=-",
                ] + records + extra)
            let isUp = try await process.wait(within: .seconds(10)) { $0.errorsSoFar.contains("started") }
            if isUp { return DNSMasq(port: port, process: process) }
            lastErrors = process.errorsSoFar
        }
        throw ProgramError(text: "dnsmasq does not start: \(lastErrors)")
    }

    private init(port: UInt16, process: RunningProgram) {
        self.port = port
        self.process = process
    }

    var environment: [String: String] { ["SIPOB_NAMESERVER": "127.0.0.1:\(port)"] }

    var locator: Locator {
        Locator(nameserver: TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: port))
    }

    private static var userName: String {
        guard let entry = getpwuid(getuid()) else { return "root" }
        return String(cString: entry.pointee.pw_name)
    }

    private static func freePort() throws -> UInt16 { try UDPResponder { _, _, _ in [] }.port }
}

extension Locator {
    /// The targets as text, or the error's reason.
    func found(
        _ host: String, transport: TransportProtocol? = nil, supported: [TransportProtocol] = [.udp, .tcp],
        family: AddressFamily = .any
    ) async -> [String] {
        var random = SystemRandomNumberGenerator()
        do {
            return try await locate(
                host, transport: transport, supported: supported, family: family, using: &random
            ).map { "\($0.transport) \($0.address)" }
        } catch {
            return [error.detail ?? error.description]
        }
    }
}
