import Foundation
import Testing

/// `sipob crlf-ping` against servers of this process.
@Suite struct CrlfPingTests {
    private static let pong: [UInt8] = [0x0D, 0x0A]

    /// Pings that went out late may come in one read.
    private static func pongs(_ octets: [UInt8]) -> [UInt8] { (0..<octets.count / 4).flatMap { _ in pong } }

    private func run(_ arguments: String...) async throws -> ProgramResult {
        try await Program.sipob.run(["crlf-ping"] + arguments)
    }

    @Test func answered() async throws {
        let server = try StreamResponder { Self.pongs($0) }
        defer { server.stop() }
        let result = try await run("-c", "3", "-i", "0.05", "127.0.0.1:\(server.port)")
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        #expect(result.lines.filter { $0.hasPrefix("pong from 127.0.0.1:\(server.port): seq=") }.count == 3)
        #expect(result.output.contains("3 pings, 3 answered, 0 % lost"))
        #expect(result.output.contains("rtt min/avg/max/stddev = "))
    }

    @Test func backToBackInOneLine() async throws {
        let server = try StreamResponder { Self.pongs($0) }
        defer { server.stop() }
        let result = try await run("-c", "300", "-i", "0", "-q", "sip:127.0.0.1:\(server.port);transport=tcp")
        #expect(result.status == 0)
        #expect(result.lines == ["sip:127.0.0.1:\(server.port);transport=tcp: 300 of 300 pings answered"])
    }

    @Test func severalTargetsAtOnce() async throws {
        let good = try StreamResponder { Self.pongs($0) }
        let bad = try StreamResponder { _ in nil }
        defer {
            good.stop()
            bad.stop()
        }
        let result = try await run("-c", "2", "-i", "0.05", "127.0.0.1:\(good.port)", "127.0.0.1:\(bad.port)")
        #expect(result.status == 1)
        #expect(result.output.contains("2 pings, 2 answered"))
        #expect(result.output.contains("FAIL OB-KA-010 a ping is answered by the end of the connection"))
    }

    /// Exit status 2 always has its line.
    @Test func silenceUntilTheDeadlineIsSaid() async throws {
        let server = try StreamResponder { _ in [] }
        defer { server.stop() }
        let result = try await run("-c", "1", "-w", "0.5", "127.0.0.1:\(server.port)")
        #expect(result.status == 2)
        #expect(result.errors.contains("no pong from 127.0.0.1:\(server.port) (tcp)"), "\(result.errors)")
    }

    /// A port without TLS is no matter of certificates.
    @Test func portWithoutTLS() async throws {
        let server = try StreamResponder { _ in Array("SIP/2.0 400 Bad Request\r\n\r\n".utf8) }
        defer { server.stop() }
        let result = try await run("-c", "1", "sip:127.0.0.1:\(server.port);transport=tls")
        #expect(result.status == 2)
        #expect(result.errors.contains("check that the port speaks TLS"), "\(result.errors)")
    }

    @Test func closedAfterItHadWorked() async throws {
        nonisolated(unsafe) var count = 0
        let server = try StreamResponder { _ in
            count += 1
            return count < 3 ? Self.pong : nil
        }
        defer { server.stop() }
        let result = try await run("-i", "0.05", "127.0.0.1:\(server.port)")
        #expect(result.status == 1)
        #expect(result.output.contains("FLOW FAILED the connection was "))
    }

    @Test func refused() async throws {
        let server = try StreamResponder { _ in nil }
        server.stop()
        let port = server.port
        try await Task.sleep(for: .milliseconds(50))
        let result = try await run("-c", "1", "127.0.0.1:\(port)")
        #expect(result.status == 2)
        #expect(
            result.errors
                == "sipob: cannot connect to 127.0.0.1:\(port) (tcp): connection refused; check the port, and that the server is up.\n"
        )
    }

    @Test func impatience() async throws {
        let server = try StreamResponder { _ in [] }
        defer { server.stop() }
        let result = try await run("-c", "1", "-W", "0.1", "127.0.0.1:\(server.port)")
        #expect(result.status == 2)
        #expect(result.output.contains("UNKNOWN OB-KA-010"))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test func terminalIsSafe() async throws {
        let server = try StreamResponder { _ in
            Self.pong + Array("OPTIONS sip:\u{1B}[31m SIP/2.0\r\nContent-Length: 0\r\n\r\n".utf8)
        }
        defer { server.stop() }
        let result = try await run("-c", "1", "-v", "127.0.0.1:\(server.port)")
        #expect(!result.output.contains("\u{1B}"))
    }

    @Test func interrupted() async throws {
        let server = try StreamResponder { Self.pongs($0) }
        defer { server.stop() }
        let program = try Program.sipob.start(["crlf-ping", "-i", "0.05", "127.0.0.1:\(server.port)"])
        #expect(try await program.wait { $0.outputSoFar.contains("seq=3") })
        program.signal(SIGINT)
        let result = try await program.finish(within: .seconds(10))
        #expect(result.status == 130)
        #expect(result.output.contains("crlf-ping statistics"))
    }

    @Test func json() async throws {
        let server = try StreamResponder { Self.pongs($0) }
        defer { server.stop() }
        let result = try await run("-c", "2", "-i", "0.05", "--json", "127.0.0.1:\(server.port)")
        #expect(result.status == 0)
        try PingSchema.check(result, "crlf-ping")
    }

    @Test(arguments: [
        ["-c", "0", "127.0.0.1"], ["--split", "--double", "127.0.0.1"], ["sip:127.0.0.1;transport=udp"],
        ["ws://127.0.0.1/"], ["127.0.0.1:0"], ["--bind", "x", "127.0.0.1"], ["-W", "11", "127.0.0.1"],
        ["-i", "1", "--keep-alive", "127.0.0.1"], ["-i", "0.01", "192.0.2.1"], ["-i", "0", "127.0.0.1"],
    ])
    func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(["crlf-ping"] + arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
    }
}

/// The members of a document against its schema: all are there, and none besides.
enum PingSchema {
    static func check(_ result: ProgramResult, _ command: String) throws {
        let schema = try object(Files.bytes(Files.repository + "/docs/json/\(command).schema.json"))
        try check(object(result.outputBytes), against: schema, command)
    }

    private static func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private static func check(_ value: [String: Any], against schema: [String: Any], _ place: String) throws {
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        #expect(Set(value.keys) == Set(properties.keys), "\(place)")
        for (name, part) in properties {
            if let inner = value[name] as? [String: Any], part["properties"] != nil {
                try check(inner, against: part, "\(place).\(name)")
            }
            if let list = value[name] as? [[String: Any]], let items = part["items"] as? [String: Any] {
                for item in list { try check(item, against: items, "\(place).\(name)[]") }
            }
            if let allowed = part["enum"] as? [String], let text = value[name] as? String {
                #expect(allowed.contains(text), "\(place).\(name) is \(text)")
            }
        }
    }
}

/// The same against a real Kamailio edge.
@Suite(.needsKamailio, .kamailio())
struct CrlfPingKamailioTests {
    private func run(_ arguments: String...) async throws -> ProgramResult {
        let target = "127.0.0.1:\(try KamailioRig.current.edgePort)"
        return try await Program.sipob.run(["crlf-ping"] + arguments + [target])
    }

    @Test func everythingAtOnce() async throws {
        let result = try await run("-c", "4", "-i", "0.05", "--split", "--sip-check", "--half-message", "-v")
        #expect(result.status == 0, "\(result.output)")
        for id in ["OB-KA-003", "OB-KA-004", "OB-KA-011", "OB-KA-012", "OB-KA-014", "OB-KA-015", "OB-SIP-003"] {
            #expect(result.output.contains("PASS \(id)"), "\(result.output)")
        }
    }

    @Test func pingsAndDoublePings() async throws {
        let plain = try await run("-c", "5", "-i", "0.05", "-v")
        #expect(plain.status == 0)
        #expect(plain.output.contains("PASS OB-KA-010"))
        let double = try await run("-c", "3", "-i", "0.05", "--double", "-v")
        #expect(double.status == 0)
        #expect(double.output.contains("double pongs=2"))
        #expect(double.output.contains("PASS OB-KA-014"))
    }

}

/// And against one that is frozen meanwhile.
@Suite(.needsKamailio, .kamailio())
struct CrlfPingFrozenServerTests {
    @Test func isAFailedFlow() async throws {
        let edge = try KamailioRig.current
        let program = try Program.sipob.start(["crlf-ping", "-i", "0.05", "127.0.0.1:\(edge.edgePort)"])
        #expect(try await program.wait { $0.outputSoFar.contains("seq=2") })
        let workers = try Files.text("/proc/\(edge.edgeProcess)/task/\(edge.edgeProcess)/children")
            .split(separator: " ").compactMap { pid_t($0) }
        for worker in workers { kill(worker, SIGSTOP) }
        let result = try await program.finish(within: .seconds(20))
        for worker in workers { kill(worker, SIGCONT) }
        #expect(result.status == 1, "\(result.output)")
        #expect(result.output.contains("FAIL OB-KA-010 a ping gets no pong"))
        #expect(result.output.contains("DX-KA-03"))
    }
}
