import Glibc
import OutboundKit
import Testing

/// `sipob stun-ping` against servers that misbehave, on loopback sockets of this process.
@Suite struct StunPingTests {
    private func run(_ arguments: String...) async throws -> ProgramResult {
        try await Program.sipob.run(["stun-ping"] + arguments)
    }

    /// A success response; the mapped port is the source port plus `shift`.
    private static func success(_ request: [UInt8], _ port: UInt16, shift: UInt16 = 0, isXORed: Bool = true) -> [UInt8]
    {
        guard let message = try? STUNMessage.parse(request.span.bytes) else { return [] }
        var writer = STUNMessageWriter(.bindingSuccess, message.transactionID)
        let address = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: port &+ shift)
        if isXORed { writer.append(xorMappedAddress: address) } else { writer.append(.mappedAddress, plain: address) }
        writer.append(software: "test \u{1B}[31mserver")
        return writer.message
    }

    @Test func answeredTwice() async throws {
        let server = try UDPResponder { _, request, port in [Self.success(request, port)] }
        let result = try await run("-c", "2", "-i", "0.05", "127.0.0.1:\(server.port)")
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        #expect(result.lines.filter { $0.contains("seq=") }.count == 2)
        #expect(result.output.contains("2 probes, 2 answered, 0 % lost, 0 retransmissions"))
        #expect(result.output.contains("no NAT on the way"))
        #expect(!result.output.contains("\u{1B}"), "what a server sends must not steer the terminal")
    }

    @Test func backToBack() async throws {
        let server = try UDPResponder { _, request, port in [Self.success(request, port)] }
        let result = try await run("-c500", "-i0", "-q", "127.0.0.1:\(server.port)")
        #expect(result.status == 0)
        #expect(result.lines.count == 1)
        #expect(result.output.contains("500 of 500 probes answered"))
    }

    @Test func retransmits() async throws {
        let server = try UDPResponder { count, request, port in count < 3 ? [] : [Self.success(request, port)] }
        let result = try await run("-c", "1", "--rto", "400", "127.0.0.1:\(server.port)")
        #expect(result.status == 0)
        #expect(result.output.contains("(3 requests)"))
        #expect(result.output.contains("2 retransmissions"))
    }

    @Test func newMappingIsAFailedFlow() async throws {
        let server = try UDPResponder { count, request, port in [Self.success(request, port, shift: count < 3 ? 0 : 1)]
        }
        let result = try await run("-c", "3", "-i", "0.05", "127.0.0.1:\(server.port)")
        #expect(result.status == 1)
        #expect(result.output.contains("FLOW FAILED"))
        #expect(result.output.contains("WARN OB-STUN-006"))
    }

    @Test func oldServer() async throws {
        let server = try UDPResponder { _, request, port in [Self.success(request, port, isXORed: false)] }
        let result = try await run("-c", "1", "127.0.0.1:\(server.port)")
        #expect(result.status == 1)
        #expect(result.output.contains("FAIL OB-STUN-009 an RFC 3489 server"))
    }

    @Test func garbage() async throws {
        let server = try UDPResponder { count, _, _ in [[UInt8](repeating: UInt8(truncatingIfNeeded: count), count: 30)]
        }
        let result = try await run("-c", "1", "--rto", "10", "--rc", "3", "127.0.0.1:\(server.port)")
        #expect(result.status == 2)
        #expect(result.errors.contains("no answer from 127.0.0.1:\(server.port) (udp) to 3 STUN Binding requests"))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test func foreignTransactionsAreIgnored() async throws {
        let server = try UDPResponder { _, request, port in
            var forged = Self.success(request, port, shift: 9)
            guard forged.count > 20 else { return [] }
            forged[19] ^= 0xFF
            return [forged, Self.success(request, port)]
        }
        let result = try await run("-c", "2", "-i", "0.05", "127.0.0.1:\(server.port)")
        #expect(result.status == 0)
        #expect(result.output.contains("2 STUN messages of other transactions"))
        #expect(!result.output.contains("FLOW FAILED"))
    }

    /// Port 9 of 127.0.0.1 has nobody: told at once, not after 39.5 s.
    @Test(arguments: ["127.0.0.1:9", "[::1]:9"])
    func refused(_ target: String) async throws {
        let result = try await Program.sipob.run(["stun-ping", "-c", "3", target], timeout: .seconds(20))
        #expect(result.status == 2)
        #expect(!result.timedOut)
        #expect(result.errors.contains("port unreachable"))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    /// A server behind one address that answers from another: no silence, and that is what the last lines say.
    @Test func answersFromAnotherPort() async throws {
        let (server, port) = try await PythonPeer.server(
            """
            import socket, struct
            asked, other = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
            for one in asked, other: one.bind(("127.0.0.1", 0))
            print(asked.getsockname()[1], flush=True)
            print(other.getsockname()[1], flush=True)
            while True:
                request, peer = asked.recvfrom(2048)
                address = struct.unpack("!I", socket.inet_aton(peer[0]))[0] ^ 0x2112A442
                mapped = struct.pack("!HHBBHI", 0x20, 8, 0, 1, peer[1] ^ 0x2112, address)
                other.sendto(b"\\x01\\x01" + struct.pack("!H", 12) + request[4:20] + mapped, peer)
            """)
        let other = try #require(server.outputSoFar.split(separator: "\n").last)
        let result = try await run("-c", "1", "-W", "1", "127.0.0.1:\(port)")
        #expect(result.status == 1, "\(result.output)\(result.errors)")
        #expect(result.output.contains("from another address or port, 127.0.0.1:\(other), ignored"), "\(result.output)")
        #expect(result.errors.contains("127.0.0.1:\(other) answers instead"), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1)
        let quiet = try await run("-c", "1", "-W", "1", "-q", "127.0.0.1:\(port)")
        #expect(quiet.output.contains("127.0.0.1:\(other) answers instead"), "\(quiet.output)")
    }

    @Test func severalTargets() async throws {
        let good = try UDPResponder { _, request, port in [Self.success(request, port)] }
        let result = try await run("-c", "1", "--json", "127.0.0.1:\(good.port)", "127.0.0.1:9")
        #expect(result.status == 2)
        #expect(result.output.contains("\"reason\": \"no answer\""))
        #expect(result.output.contains("\"id\": \"f2\""))
        #expect(result.output.contains("\"result\": \"unreachable\""))
    }

    @Test func interrupted() async throws {
        let server = try UDPResponder { _, request, port in [Self.success(request, port)] }
        let running = try Program.sipob.start(["stun-ping", "-i", "0.05", "127.0.0.1:\(server.port)"])
        #expect(try await running.wait { $0.outputSoFar.contains("seq=2") })
        running.signal(SIGINT)
        let result = try await running.finish(within: .seconds(20))
        #expect(result.status == 130)
        #expect(result.output.contains("stun-ping statistics"))
    }

    /// The pool of asynchronous commands is not started: it would be a good part of the time of one probe.
    @Test func oneThread() async throws {
        let server = try UDPResponder { _, request, port in [Self.success(request, port)] }
        let running = try Program.sipob.start(["stun-ping", "-i", "0.05", "127.0.0.1:\(server.port)"])
        #expect(try await running.wait { $0.outputSoFar.contains("seq=2") })
        let status = try Files.text("/proc/\(running.identifier)/status")
        #expect(status.contains("Threads:\t1\n"))
        running.signal(SIGINT)
        #expect(try await running.finish(within: .seconds(20)).status == 130)
    }

    @Test(arguments: [
        ["stun-ping"], ["stun-ping", "sip:a@127.0.0.1;transport=tcp"], ["stun-ping", "-i", "0", "127.0.0.1"],
        ["stun-ping", "-i", "0.01", "-c", "1", "192.0.2.1"], ["stun-ping", "-4", "-6", "127.0.0.1"],
        ["stun-ping", "--rc", "0", "127.0.0.1"], ["stun-ping", "--keep-alive", "--flow-timer", "20", "127.0.0.1"],
        ["stun-ping", "-c", "0", "127.0.0.1"], ["stun-ping", "127.0.0.1:0"], ["stun-ping", "--bind", "x", "127.0.0.1"],
    ])
    func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
    }

    @Test func noSuchName() async throws {
        let result = try await run("-c", "1", "no-such-host.invalid")
        #expect(result.status == 2)
        #expect(result.errors.contains("no-such-host.invalid"))
    }
}

/// The same against a real Kamailio edge with its STUN module.
@Suite(.needsKamailio, .kamailio())
struct StunPingKamailioTests {
    @Test func stunAndSIPShareTheFlow() async throws {
        let rig = try KamailioRig.current
        let result = try await Program.sipob.run(
            ["stun-ping", "-c", "3", "-i", "0.05", "--sip-check", "-v", "127.0.0.1:\(rig.edgePort)"])
        #expect(result.status == 0)
        #expect(result.output.contains("3 probes, 3 answered"))
        for id in ["OB-STUN-009", "OB-STUN-010", "OB-STUN-011", "OB-STUN-014", "OB-RPORT-002"] {
            #expect(result.output.contains("PASS \(id)"))
        }
        #expect(result.output.contains("INFO OB-STUN-031 the server calls itself \"Server: kamailio"))
    }

    @Test func oldClientsGetAPlainAddress() async throws {
        let rig = try KamailioRig.current
        let result = try await Program.sipob.run(
            ["stun-ping", "-c", "1", "--cookie-less", "127.0.0.1:\(rig.edgePort)"])
        #expect(result.status == 0)
        #expect(result.output.contains("(not XOR)"))
    }

    /// Its 420 to an unknown attribute has a wrong length: a violation that this check is there to find.
    @Test func unknownAttributes() async throws {
        let rig = try KamailioRig.current
        let result = try await Program.sipob.run(
            ["stun-ping", "-c", "1", "--conformance", "127.0.0.1:\(rig.edgePort)"])
        #expect(result.status == 1)
        #expect(result.output.contains("FAIL OB-STUN-015"))
    }
}

/// And against one whose STUN module is not loaded, as happens when it is forgotten.
@Suite(.needsKamailio, .kamailio(["EDGE_NO_STUN": "1"]))
struct StunPingWithoutModuleTests {
    @Test func isNamed() async throws {
        let rig = try KamailioRig.current
        let result = try await Program.sipob.run(
            ["stun-ping", "-c", "1", "--rto", "10", "--sip-check", "127.0.0.1:\(rig.edgePort)"])
        #expect(result.status == 1)
        #expect(result.output.contains("FAIL OB-STUN-011"))
        #expect(result.output.contains("DX-STUN-01"))
    }
}
