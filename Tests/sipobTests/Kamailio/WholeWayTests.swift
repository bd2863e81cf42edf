import Foundation
import Testing

/// What the probes do to a real Kamailio is captured by tcpdump, and pcap-audit and tshark have to agree on it.
@Suite(
    .needsKamailio, .kamailio(), .needs("tcpdump"), .needs("tshark"),
    .enabled(if: getuid() == 0 || Program.environment("CI") != nil, "capturing on loopback takes root"))
struct WholeWayTests {
    struct Audit: Decodable {
        struct Flow: Decodable {
            struct Registration: Decodable {
                let aor: String
                let outbound: Bool
                let flow_timer_s: Double?
                let path: [String]
            }
            struct KeepAlive: Decodable {
                let kind: String
                let pings: Int
                let pongs: Int
            }
            let transport: String
            let server: String
            let registrations: [Registration]
            let keepalive: KeepAlive
        }
        struct Finding: Decodable {
            let requirement: String?
            let verdict: String
            let message: String
        }
        let flows: [Flow]
        let findings: [Finding]
    }

    @Test func capturedProbesAreAudited() async throws {
        let rig = try KamailioRig.current
        let scratch = try ScratchDirectory()
        let capture = scratch.path("run.pcap")
        let ports = "port \(rig.edgePort) or port \(rig.registrarPort)"
        let tcpdump = try #require(Program.installed("tcpdump"))
            .start(["-i", "lo", "--immediate-mode", "-U", "-w", capture, ports])
        try #require(try await tcpdump.wait { $0.errorsSoFar.contains("listening on") }, "\(tcpdump.errorsSoFar)")

        let environment = ["HOME": scratch.root, "XDG_CONFIG_HOME": scratch.path("config")]
        let edge = "127.0.0.1:\(rig.edgePort)"
        let ping = try await Program.sipob.run(["stun-ping", "-c", "5", "-i", "0.01", edge], environment: environment)
        #expect(ping.status == 0, "\(ping.output)\(ping.errors)")
        for uri in ["sip:\(edge)", "sip:\(edge);transport=tcp"] {
            let test = try await Program.sipob.run(
                ["register-test", "sip:alice@example.com", "--edge", uri], environment: environment)
            // Kamailio 5.6.3 signs its tokens with a public key: one violation, and nothing else.
            #expect(test.status == 1, "\(test.output)\(test.errors)")
            #expect(test.output.contains("SHA1(\"\")"))
        }
        tcpdump.signal(SIGINT)
        #expect(try await tcpdump.finish().status == 0)

        let result = try await Program.sipob.run(["pcap-audit", "--json", capture])
        let audit = try JSONDecoder().decode(Audit.self, from: Data(result.outputBytes))
        let violations = audit.findings.filter { $0.verdict == "fail" }.map { "\($0.requirement ?? ""): \($0.message)" }
        #expect(violations.isEmpty)
        let atEdge = audit.flows.filter { $0.server == edge }
        #expect(atEdge.map(\.transport).sorted() == ["tcp", "udp", "udp"])
        for transport in ["udp", "tcp"] {
            let registered = try #require(atEdge.first { $0.transport == transport && !$0.registrations.isEmpty })
            let registration = try #require(registered.registrations.first)
            #expect(registration.aor == "sip:alice@example.com")
            #expect(registration.outbound)
            #expect(registration.flow_timer_s == 20)
            #expect(registration.path.first?.contains(";lr;ob>") == true)
            #expect(registered.keepalive.pings == 1 && registered.keepalive.pongs == 1)
        }

        // The second opinion: Binding requests and their answers, as tshark counts them.
        let tshark = try #require(Program.installed("tshark"))
        func count(_ filter: String) async throws -> Int {
            let decode = ["-d", "udp.port==\(rig.edgePort),stun", "--enable-heuristic", "stun_udp"]
            let lines = try await tshark.run(
                ["-n", "-r", capture] + decode + ["-Y", filter, "-T", "fields", "-e", "frame.number"])
            #expect(lines.status == 0, "\(lines.errors)")
            return lines.lines.count
        }
        let udp = atEdge.filter { $0.transport == "udp" }
        #expect(udp.map(\.keepalive.pings).reduce(0, +) == 6)
        #expect(try await count("stun.type == 0x0001") == udp.map(\.keepalive.pings).reduce(0, +))
        #expect(try await count("stun.type == 0x0101") == udp.map(\.keepalive.pongs).reduce(0, +))
    }
}
