import Glibc
import Testing

/// One real Kamailio with a configuration of `Fixtures/kamailio-config`, on a free port of loopback.
final class KamailioProcess {
    let port: UInt16
    private let running: RunningProgram
    private let scratch: ScratchDirectory

    /// What it has said so far.
    var log: String { running.errorsSoFar + running.outputSoFar }

    private init(port: UInt16, running: RunningProgram, scratch: ScratchDirectory) {
        self.port = port
        self.running = running
        self.scratch = scratch
    }

    deinit { running.signal(SIGTERM) }

    static func path(_ name: String) -> String { "\(ConfigCheckCommandTests.fixtures)/\(name).cfg" }

    /// Starts and waits until it answers over UDP.
    /// - Parameter registrar: the port that the edge sends to.
    static func start(_ name: String, on port: UInt16, registrar: UInt16 = 5070) async throws -> KamailioProcess {
        let scratch = try ScratchDirectory()
        let kamailio = try #require(Program.installed("kamailio"))
        let own = name.contains("registrar") || name.contains("AP-") ? port : registrar
        let running = try kamailio.start([
            "-f", path(name), "-DD", "-E", "-m", "64", "-M", "8", "-w", scratch.root, "-Y", scratch.root, "-P",
            scratch.path("pid"), "-A", "EDGE_PORT=\(port)", "-A", "REGISTRAR_PORT=\(own)",
        ])
        let process = KamailioProcess(port: port, running: running, scratch: scratch)
        let client = try UDPClient(server: port)
        let isUp = try await running.wait(within: .seconds(20)) { _ in
            client.send(
                "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:\(client.port);rport;branch=z9hG4bK\(UInt64.random(in: 0 ... .max))\r\n"
                    + "From: <sip:a@a>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: \(UInt64.random(in: 0 ... .max))\r\n"
                    + "CSeq: 1 OPTIONS\r\nMax-Forwards: 0\r\nContent-Length: 0\r\n\r\n")
            return client.receive(within: 200)?.starts(with: Array("SIP/2.0".utf8)) == true
        }
        guard isUp else {
            throw ProgramError(text: "kamailio does not come up with \(name): \(process.log.suffix(500))")
        }
        return process
    }

    /// `kamailio -c`: what it says of a file, and whether it takes it.
    static func accepts(_ name: String) async throws -> Bool {
        let kamailio = try #require(Program.installed("kamailio"))
        return try await kamailio.run(["-c", "-f", path(name)]).status == 0
    }

    /// Starts with a file that it is expected to refuse.
    /// - Returns: whether it has ended by itself, with an error.
    static func refusesToStart(_ name: String, on port: UInt16) async throws -> Bool {
        let scratch = try ScratchDirectory()
        let kamailio = try #require(Program.installed("kamailio"))
        let running = try kamailio.start([
            "-f", path(name), "-DD", "-E", "-m", "64", "-M", "8", "-w", scratch.root, "-Y", scratch.root, "-P",
            scratch.path("pid"), "-A", "EDGE_PORT=\(port)", "-A", "REGISTRAR_PORT=\(port)",
        ])
        let hasEnded = try await running.wait(within: .seconds(10)) { $0.hasExited }
        running.signal(SIGTERM)
        return hasEnded
    }

    /// A port below the kernel's ephemeral range that nobody has.
    static func freePort() throws -> UInt16 {
        for _ in 0..<100 {
            let port = UInt16.random(in: 20_000...31_999)
            let isFree = [SOCK_DGRAM, SOCK_STREAM].allSatisfy { kind in
                let descriptor = socket(AF_INET, Int32(kind.rawValue), 0)
                defer { close(descriptor) }
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
                return withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                    }
                }
            }
            if isFree { return port }
        }
        throw ProgramError(text: "no free port")
    }
}
