import Foundation
import Glibc
import OutboundKit
import Testing

/// `sipob stun-ping --binding-lifetime`, `--flood` and `--rate` on loopback sockets of this process.
@Suite struct StunPingModesTests {
    private func run(_ arguments: String...) async throws -> ProgramResult {
        try await Program.sipob.run(["stun-ping"] + arguments)
    }

    /// A server whose NAT, as it were, gives the port `port` plus what `shift` says of the request's number.
    private func responder(_ shift: @escaping @Sendable (Int) -> UInt16) throws -> UDPResponder {
        try UDPResponder { count, request, port in
            guard let message = try? STUNMessage.parse(request.span.bytes) else { return [] }
            var writer = STUNMessageWriter(.bindingSuccess, message.transactionID)
            writer.append(
                xorMappedAddress: TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: port &+ shift(count)))
            return [writer.message]
        }
    }

    private func document(_ result: ProgramResult) throws -> [String: Any] {
        let schema = try #require(
            JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(filePath: Files.repository + "/docs/json/stun-ping.schema.json")))
                as? [String: Any])
        let json = try #require(JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
        #expect(JSONSchema.faults(json, schema) == [])
        return json
    }

    @Test func noNAT() async throws {
        let server = try responder { _ in 0 }
        let result = try await run("--binding-lifetime", "127.0.0.1:\(server.port)")
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        #expect(result.output.contains("no NAT on the way"))
    }

    @Test func newMappingForEveryRequest() async throws {
        let server = try responder { UInt16($0) }
        let result = try await run("--binding-lifetime", "--json", "127.0.0.1:\(server.port)")
        #expect(result.status == 1)
        let json = try document(result)
        let first = try #require((json["binding_lifetime"] as? [[String: Any]])?.first)
        #expect(first["ending"] as? String == "unsteady")
        #expect(first["outlives_keep_alives"] as? Bool == false)
        let finding = try #require((json["findings"] as? [[String: Any]])?.first)
        #expect(finding["diagnosis"] as? String == "DX-STUN-05")
    }

    @Test func boundsAreReached() async throws {
        let server = try responder { _ in 7 }
        let result = try await run(
            "--binding-lifetime", "--max", "4", "--json", "127.0.0.1:\(server.port)", "[::1]:9")
        // Too short a silence to judge by, and a port that nobody listens on.
        #expect(result.status == 2)
        let json = try document(result)
        let both = try #require(json["binding_lifetime"] as? [[String: Any]])
        #expect(both.map { $0["ending"] as? String } == ["longer-than-max", "unreachable"])
        #expect((both[0]["kept_s"] as? Double ?? 0) >= 4)
        #expect(result.errors.contains("port unreachable"))
    }

    /// A target that cannot be probed keeps no other from it.
    @Test func otherTargetsAreMeasured() async throws {
        let server = try responder { _ in 0 }
        let result = try await run(
            "--binding-lifetime", "--json", "nowhere.invalid", "127.0.0.1:\(server.port)")
        #expect(result.status == 2 && result.errors.contains("nowhere.invalid"))
        let json = try document(result)
        let measured = try #require(json["binding_lifetime"] as? [[String: Any]])
        #expect(measured.map { $0["ending"] as? String } == ["no-nat"])
        let flows = try #require(json["flows"] as? [[String: Any]])
        #expect(flows.map { $0["error"] is NSNull } == [true, false])
        #expect(measured.first?["flow"] as? String == flows.first?["id"] as? String)
        #expect((json["exit"] as? [String: Any])?["reason"] as? String == "unreachable")
        let pings = try await run("-c", "1", "--bind", "127.0.0.1", "[::1]:9", "127.0.0.1:\(server.port)")
        #expect(pings.status == 2 && pings.output.contains("127.0.0.1:\(server.port): seq=1 "), "\(pings.output)")
    }

    @Test func interruptTellsTheBoundsSoFar() async throws {
        let server = try responder { _ in 7 }
        let running = try Program.sipob.start(["stun-ping", "--binding-lifetime", "127.0.0.1:\(server.port)"])
        #expect(try await running.wait { $0.outputSoFar.contains("silence 1: 15.0 s") })
        running.signal(SIGINT)
        let result = try await running.finish(within: .seconds(20))
        #expect(result.status == 130)
        #expect(result.output.contains("so far: kept for "))
    }

    @Test func noAnswer() async throws {
        let silent = try UDPResponder { _, _, _ in [] }
        let result = try await run(
            "--binding-lifetime", "--rto", "10", "--rc", "3", "127.0.0.1:\(silent.port)")
        #expect(result.status == 2)
        #expect(result.errors.contains("no answer from 127.0.0.1:\(silent.port) (udp) to STUN Binding requests"))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test func flood() async throws {
        let server = try responder { _ in 0 }
        let result = try await run("--flood", "-w", "1", "--window", "16", "--json", "127.0.0.1:\(server.port)")
        #expect(result.status == 0)
        let capacity = try #require(try document(result)["capacity"] as? [String: Any])
        let answered = try #require(capacity["answered"] as? Int)
        // How fast, a busy test run cannot tell: the window alone is certain.
        #expect(answered >= 16)
        #expect((capacity["sent"] as? Int) == answered + (capacity["lost"] as? Int ?? -1))
        #expect((capacity["round_trips_per_s"] as? Int ?? 0) > 0)
    }

    @Test func rate() async throws {
        let server = try responder { _ in 0 }
        let result = try await run("--rate", "100", "-w", "1", "127.0.0.1:\(server.port)")
        #expect(result.status == 0)
        let sent = try #require(result.lines.first { $0.contains(" requests, ") }?.split(separator: " ").first)
        // A late turn of a busy machine sends what it owes at once, and the last second is not cut to the millisecond.
        #expect((50...120).contains(Int(sent) ?? 0))
        #expect(result.output.contains("us CPU each"))
    }

    @Test func everySecondRequestIsLost() async throws {
        let server = try UDPResponder { count, request, _ in
            guard count % 2 == 0, let message = try? STUNMessage.parse(request.span.bytes) else { return [] }
            return [STUNMessageWriter(.bindingSuccess, message.transactionID).message]
        }
        let result = try await run("--rate", "50", "-w", "1", "--json", "127.0.0.1:\(server.port)")
        let capacity = try #require(try document(result)["capacity"] as? [String: Any])
        let (lost, answered) = (capacity["lost"] as? Int ?? 0, capacity["answered"] as? Int ?? 0)
        #expect(abs(lost - answered) <= 1)
        #expect(lost > 20)
    }

    @Test func floodOfNobody() async throws {
        let result = try await run("--flood", "-w", "1", "127.0.0.1:9")
        #expect(result.status == 2)
        #expect(result.errors.contains("port unreachable"))
        let silent = try UDPResponder { _, _, _ in [] }
        let unanswered = try await run("--flood", "-w", "0.2", "127.0.0.1:\(silent.port)")
        #expect(unanswered.status == 2)
        #expect(unanswered.errors.contains("no answer from 127.0.0.1:\(silent.port) (udp)"))
    }

    @Test func floodIsInterrupted() async throws {
        let server = try responder { _ in 0 }
        let running = try Program.sipob.start(["stun-ping", "--flood", "-w", "600", "127.0.0.1:\(server.port)"])
        #expect(try await running.wait { $0.outputSoFar.contains("flood") })
        running.signal(SIGINT)
        let result = try await running.finish(within: .seconds(20))
        #expect(result.status == 130)
        #expect(result.output.contains("round trips/s"))
    }

    static let wrong: [[String]] = [
        ["--flood", "192.0.2.1"], ["--rate", "10", "192.0.2.1:5060"], ["--flood", "127.0.0.1", "127.0.0.2"],
        ["--flood", "--rate", "10", "127.0.0.1"], ["--flood", "--binding-lifetime", "127.0.0.1"],
        ["--rate", "0", "127.0.0.1"], ["--window", "5", "127.0.0.1"], ["--flood", "--window", "0", "127.0.0.1"],
        ["--max", "5", "127.0.0.1"], ["--binding-lifetime", "--max", "3", "127.0.0.1"],
        ["--binding-lifetime", "--resolution", "0", "127.0.0.1"], ["--binding-lifetime", "-c", "3", "127.0.0.1"],
        ["--flood", "--sip-check", "127.0.0.1"], ["--yes-this-target-is-mine", "127.0.0.1"],
    ]

    @Test(arguments: wrong)
    func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(["stun-ping"] + arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
    }
}

/// A NAT of the kernel's own between namespaces, where the host permits that.
@Suite(.needs("ip"), .needs("nft"), .needs("turnserver")) struct BindingLifetimeNATTests {
    private static let rig = Program(path: Files.repository + "/Tests/NAT/rig.sh")

    /// - Returns: nil where the host does not permit namespaces or conntrack.
    private func run(_ ports: String, _ arguments: [String]) async throws -> ProgramResult? {
        let name = "sipob\(getpid())\(ports)"
        let up = try await Self.rig.run(["up", name, "5", ports])
        guard up.status == 0 else {
            _ = try await Self.rig.run(["down", name])
            #expect(up.status == 77, "\(up.errors)")
            print("skipped: no NAT in network namespaces: \(up.errors.split(separator: "\n").last ?? "")")
            return nil
        }
        let scratch = try ScratchDirectory()
        let ip = try #require(Program.installed("ip"))
        let turn = try #require(Program.installed("turnserver"))
        let server = try ip.start([
            "netns", "exec", "\(name)-s", turn.path, "-n", "--stun-only", "-L", "198.51.100.2", "-p", "3478",
            "--no-tls",
            "--no-dtls", "--no-tcp", "--no-cli", "--log-file", "stdout", "--pidfile", scratch.path("pid"),
        ])
        _ = try await server.wait(within: .seconds(10)) { $0.outputSoFar.contains("listener opened on") }
        let result = try await ip.run(
            ["netns", "exec", "\(name)-c", Program.sipob.path, "stun-ping", "--binding-lifetime"] + arguments
                + ["198.51.100.2:3478"], timeout: .seconds(120))
        _ = try await Self.rig.run(["down", name])
        return result
    }

    @Test func findsTheTimeOfConntrack() async throws {
        guard let result = try await run("random", ["--max", "7", "--resolution", "4", "--json"]) else { return }
        #expect(result.status == 1, "\(result.output) \(result.errors)")
        let json = try #require(JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
        let first = try #require((json["binding_lifetime"] as? [[String: Any]])?.first)
        #expect(first["ending"] as? String == "found")
        #expect((first["kept_s"] as? Double ?? 99) <= 5.1)
        #expect((first["lost_s"] as? Double ?? 0) > 4.9)
    }

    /// Linux gives the client's own port again: nothing was proved, and so it is said.
    @Test func ownPortsProveNothing() async throws {
        guard let result = try await run("same", ["--max", "7", "-v"]) else { return }
        #expect(result.status == 2)
        #expect(
            result.output.contains("UNKNOWN the mapped address did not change, but this NAT gives flows their own port")
        )
    }
}
