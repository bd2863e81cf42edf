import Foundation
import Glibc
import Testing

/// Live captures of real traffic, beside what `tcpdump -w` took at the same time.
@Suite(.serialized, .oneAtATime, .needs("tcpdump"), .needsCapture) struct LiveTests {
    private struct Report: Decodable {
        struct Flow: Decodable {
            struct Registration: Decodable {
                let aor: String
                let outbound: Bool
            }
            struct KeepAlive: Decodable, Equatable {
                let kind: String
                let pings: Int
                let pongs: Int
            }
            let transport: String
            let client: String
            let server: String
            let registrations: [Registration]
            let keepalive: KeepAlive
        }
        struct Missing: Decodable {
            let what: String
            let count: Int
        }
        struct Finding: Decodable {
            let requirement: String?
            let verdict: String
            let reason: String?
        }
        struct Exit: Decodable { let code: Int32 }
        let flows: [Flow]
        let findings: [Finding]
        let summary: [String: Int]
        let not_analyzed: [Missing]
        let exit: Exit

        init(_ result: ProgramResult) throws {
            self = try JSONDecoder().decode(Self.self, from: Data(result.outputBytes))
        }
    }

    private static func audit(_ arguments: [String], prefix: [String] = []) async throws -> RunningProgram {
        let words = prefix + [Program.sipob.path, "pcap-audit", "--json"] + arguments
        return try await start(words, until: "Ctrl-C ends it")
    }

    /// Starts a program, and waits for the word that it listens.
    private static func start(_ words: [String], until ready: String) async throws -> RunningProgram {
        let program = try Program(path: words[0]).start(Array(words.dropFirst()))
        let isReady = try await program.wait { $0.errorsSoFar.contains(ready) }
        try #require(isReady, "\(program.errorsSoFar)")
        return program
    }

    private static func tcpdump(
        _ interface: String, _ path: String, prefix: [String] = []
    ) async throws -> RunningProgram {
        let tcpdump = try #require(Program.installed("tcpdump"))
        // -Z: it would give up root, and may not write here then.
        let words = prefix + [tcpdump.path, "-Z", "root", "-U", "-i", interface, "-w", path]
        return try await start(words, until: "listening on")
    }

    private static func end(_ program: RunningProgram) async throws -> ProgramResult {
        program.signal(SIGINT)
        return try await program.finish(within: .seconds(30))
    }

    /// An edge with phones on both transports: live, followed while tcpdump writes, and read afterwards, it is the same.
    @Test(arguments: ["lo", "any"]) func loopback(_ interface: String) async throws {
        let scratch = try ScratchDirectory()
        let edge = try await EdgeProcess.start(["udp", "tcp"], ["--flow-timer", "5"])
        let ports = try (edge.port("udp"), edge.port("tcp"))
        let filter = "port \(ports.0) or port \(ports.1)"
        let file = scratch.path("beside.pcap")
        let tcpdump = try await Self.tcpdump(interface, file)
        let live = try await Self.audit(["-i", interface, "--filter", filter])
        let followed = try await Self.audit(["--follow", "--filter", filter, file])
        let phones = try ["udp", "tcp"].map { transport in
            try Program.sipob.start([
                "register-test", "sip:load*@example.com", "--edge",
                "sip:127.0.0.1:\(edge.port(transport));transport=\(transport)", "--flows", "2", "--hold", "14",
            ])
        }
        for phone in phones { #expect(try await phone.finish().status == 0) }
        try await Task.sleep(for: .seconds(1))
        let seen = try await Self.end(live)
        #expect(try await Self.end(tcpdump).status == 0)
        let grown = try await Self.end(followed)
        #expect(seen.errors.split(separator: "\n").count == 1 && grown.errors.split(separator: "\n").count == 1)
        let reports = try [
            seen, grown, await Program.sipob.run("pcap-audit", "--json", "--filter", filter, file),
        ].map(Report.init)
        for report in reports {
            #expect(report.flows.count == 4)
            #expect(report.flows.map(\.client) == reports[0].flows.map(\.client))
            #expect(report.flows.map(\.keepalive) == reports[0].flows.map(\.keepalive))
            #expect(report.summary == reports[0].summary && report.summary["fail"] == 0)
            #expect(report.not_analyzed.isEmpty && report.exit.code == seen.status)
        }
        for flow in reports[0].flows {
            #expect(
                flow.registrations.first?.outbound == true && flow.registrations.first?.aor.contains("load") == true)
            #expect(flow.keepalive.pings >= 2 && flow.keepalive.pings == flow.keepalive.pongs)
            #expect(flow.keepalive.kind == (flow.transport == "udp" ? "stun" : "crlf"))
        }
    }

    private static let rings = [
        ["dumpcap", "-q", "-b", "filesize:2", "-b", "files:20", "-w", "ring.pcapng"],
        ["tcpdump", "-Z", "root", "-U", "-G", "2", "-w", "ring-%H%M%S.pcap"],
    ]

    /// A ring that a real program goes on with, by the name that it was given: the same as one file beside it.
    @Test(.needs("dumpcap"), arguments: rings) func ring(_ words: [String]) async throws {
        let scratch = try ScratchDirectory()
        let edge = try await EdgeProcess.start(["udp"], ["--flow-timer", "5"])
        let port = try edge.port("udp")
        let path = try #require(Program.installed(words[0])).path
        let ring = scratch.path(words[words.count - 1])
        let tcpdump = try await Self.tcpdump("lo", scratch.path("beside.pcap"))
        let isDumpcap = words[0] == "dumpcap"
        let program = try await Self.start(
            [path] + words.dropFirst().dropLast() + [ring]
                + ["-i", "lo"] + (isDumpcap ? ["-f"] : []) + ["udp port \(port)"],
            until: isDumpcap ? "File: " : "listening on")
        // tcpdump makes its first file when the first packet comes.
        let phone = try Program.sipob.start([
            "register-test", "sip:load*@example.com", "--edge", "sip:127.0.0.1:\(port);transport=udp",
            "--flows", "3", "--hold", "14",
        ])
        let hasBegun = try await program.wait { _ in
            (try? FileManager.default.contentsOfDirectory(atPath: scratch.path(".")))?.contains {
                $0.hasPrefix("ring")
            } ?? false
        }
        #expect(hasBegun)
        let followed = try await Self.audit(["--follow", ring])
        #expect(try await phone.finish().status == 0)
        try await Task.sleep(for: .seconds(1))
        _ = try await Self.end(program)
        try await Task.sleep(for: .seconds(1))
        let seen = try await Report(Self.end(followed))
        _ = try await Self.end(tcpdump)
        let beside = try Report(
            await Program.sipob.run(
                "pcap-audit", "--json", "--filter", "port \(port)", scratch.path("beside.pcap")))
        let files = try FileManager.default.contentsOfDirectory(atPath: scratch.path("."))
        #expect(files.count { $0.hasPrefix("ring") } > 3, "\(files)")
        #expect(seen.flows.map(\.keepalive) == beside.flows.map(\.keepalive) && seen.flows.count == 3)
        #expect(seen.summary == beside.summary && seen.not_analyzed.isEmpty)
    }

    /// The program stands still while keep-alives go by: what it lacks is nobody's fault.
    @Test(arguments: ["udp", "tcp"]) func droppedPackets(_ transport: String) async throws {
        let edge = try await EdgeProcess.start([transport], ["--flow-timer", "5"])
        // Nobody is at port 9, the discard service's.
        let flood = try UDPClient(server: 9)
        let live = try await Self.audit([
            "-i", "lo", "--buffer", "1", "--filter", "port \(edge.port(transport)) or port \(flood.port)",
        ])
        let phone = try Program.sipob.start([
            "register-test", "sip:alice@example.com", "--edge",
            "sip:127.0.0.1:\(edge.port(transport));transport=\(transport)", "--flows", "1", "--hold", "30",
        ])
        try await Task.sleep(for: .seconds(8))
        live.signal(SIGSTOP)
        let filler = [UInt8](repeating: 0, count: 1400)
        for _ in 0..<8000 { flood.send(filler) }
        try await Task.sleep(for: .seconds(12))
        live.signal(SIGCONT)
        #expect(try await phone.finish().status == 0)
        let report = try Report(try await Self.end(live))
        let row = try #require(report.not_analyzed.first { $0.what == "packets dropped by the kernel" })
        #expect(row.count > 100)
        #expect(report.flows.first?.registrations.first?.outbound == true)
        #expect(!report.findings.contains { $0.verdict == "fail" || $0.verdict == "warn" }, "\(report.findings)")
        let late = report.findings.first { $0.requirement == "OB-FT-004" }
        #expect(late?.verdict == "unknown" && late?.reason == "GAP", "\(report.findings)")
    }

    @Test func durationEndsIt() async throws {
        let result = try await Self.audit(["-i", "lo", "--duration", "1", "--buffer", "2"]).finish(within: .seconds(20))
        #expect(result.status <= 1 && !result.timedOut)
        let interrupted = try await Self.audit(["-i", "lo", "--duration", "1h"])
        #expect(try await Self.end(interrupted).status == 130)
    }

    /// Where a next packet always comes, the end does too.
    @Test func durationEndsItWhileTrafficGoesOn() async throws {
        let edge = try await EdgeProcess.start(["udp"], [])
        let pings = try Program.sipob.start(["stun-ping", "-i", "0.02", "127.0.0.1:\(edge.port("udp"))"])
        let result = try await Self.audit(["-i", "lo", "--duration", "2"]).finish(within: .seconds(20))
        #expect(result.status <= 1 && !result.timedOut)
        pings.signal(SIGINT)
        _ = try await pings.finish(within: .seconds(20))
        _ = try await edge.stop()
    }

    /// An interface of a namespace of its own, which is taken away while it is listened on.
    @Test(.needs("ip"), .needs("unshare")) func interfaceThatGoes() async throws {
        let unshare = try #require(Program.installed("unshare"))
        let script = """
            ip link add d0 type veth peer name d1 && ip link set d0 up && ip link set d1 up || exit 77
            \(Program.sipob.path) pcap-audit -i d0 --duration 20 & pid=$!
            sleep 3; ip link del d0; wait $pid
            """
        let result = try await unshare.run(["-n", "sh", "-c", script], timeout: .seconds(40))
        guard result.status != 77, !result.errors.hasPrefix("unshare") else {
            print("skipped: no network namespace: \(result.errors)")
            return
        }
        #expect(!result.timedOut && result.errors.contains("listening on d0 ended after"), "\(result.errors)")
        #expect(result.output.contains("No SIP flow was found"))
    }

    /// baresip behind the kernel's own NAT registers with a real Kamailio; both sides are listened to, and tcpdump on the
    /// NAT between them.
    @Test(.needs("ip"), .needs("nft"), .needs("baresip"), .needsKamailio) func behindNAT() async throws {
        let scratch = try ScratchDirectory()
        let name = "sipob\(getpid())live"
        let nat = Program(path: Files.repository + "/Tests/NAT/rig.sh")
        let up = try await nat.run(["up", name, "60", "random"])
        guard up.status == 0 else {
            _ = try await nat.run(["down", name])
            #expect(up.status == 77, "\(up.errors)")
            print("skipped: no NAT in network namespaces: \(up.errors.split(separator: "\n").last ?? "")")
            return
        }
        do {
            try await run(behind: name, scratch)
        } catch {
            _ = try await nat.run(["down", name])
            throw error
        }
        _ = try await nat.run(["down", name])
    }

    private func run(behind name: String, _ scratch: ScratchDirectory) async throws {
        let ip = try #require(Program.installed("ip"))
        func inside(_ part: String) -> [String] { [ip.path, "netns", "exec", "\(name)-\(part)"] }
        let home = Files.repository + "/Tests"
        #expect(try await ip.run(["-n", "\(name)-s", "link", "set", "lo", "up"]).status == 0)
        let rig = Array(inside("s").dropFirst()) + ["\(home)/Kamailio/rig.sh"]
        let started = try await ip.run(
            rig + ["start", scratch.root, "\(getpid())"], environment: ["EDGE_ADDRESS": "198.51.100.2"])
        try #require(started.status == 0, "\(started.errors)")
        let values = try scratch.text("env").split(separator: "\n").map { $0.split(separator: "=") }
        let port = try #require(values.first { $0[0] == "EDGE_PORT" }?.last)

        let file = scratch.path("nat.pcap")
        let phoneSide = try await Self.audit(["-i", "out"], prefix: inside("c"))
        let edgeSide = try await Self.audit(
            ["-i", "any", "--filter", "host 198.51.100.1", "--vantage", "edge"], prefix: inside("s"))
        let tcpdump = try await Self.tcpdump("in", file, prefix: inside("n"))
        let phone = try await ip.run(
            Array(inside("c").dropFirst()) + [
                "\(home)/Phones/baresip.sh", scratch.path("phone"), "sip:alice@example.com", "udp", "60", "\(port)",
            ], environment: ["PHONE_ADDRESS": "192.0.2.2", "EDGE_ADDRESS": "198.51.100.2"], timeout: .seconds(90))
        #expect(!phone.timedOut, "\(phone.errors)")
        let results = try [await Self.end(phoneSide), await Self.end(edgeSide)]
        _ = try await Self.end(tcpdump)
        _ = try await ip.run(rig + ["stop", scratch.root])
        let reports = try (results + [await Program.sipob.run("pcap-audit", "--json", file)]).map(Report.init)
        let flows = try reports.map { report in
            try #require(report.flows.first { !$0.registrations.isEmpty }, "\(results.map(\.output)) \(scratch.root)")
        }
        #expect(flows[0].client.hasPrefix("192.0.2.2:") && flows[0].server == "198.51.100.2:\(port)")
        #expect(flows[1].client.hasPrefix("198.51.100.1:") && flows[1].server == flows[0].server)
        #expect(flows[2].client == flows[0].client)
        #expect(flows[0].keepalive.kind == "stun" && flows[0].keepalive.pings >= 2)
        for (flow, report) in zip(flows, reports) {
            #expect(flow.registrations.first?.outbound == true && flow.keepalive == flows[0].keepalive)
            #expect(report.summary["fail"] == 0, "\(results.map(\.output))")
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where this process may not capture.
    static var needsCapture: Self {
        .enabled(if: mayCapture, "this process may not capture: no CAP_NET_RAW")
    }

    private static var mayCapture: Bool {
        let descriptor = socket(AF_PACKET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }
}
