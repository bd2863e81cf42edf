import Glibc
import OutboundKit
import Testing

/// The driver's TLS against the `openssl` command.
@Suite(.serialized) struct HubTLSTests {
    private static func server(_ names: [String] = ["edge.test", "127.0.0.1"]) throws -> (TLSSettings, String) {
        let made = try TLSCertificate(selfSignedFor: names)
        var settings = TLSSettings()
        settings.identity = .certificate(made)
        return (settings, made.pem)
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"], ["127.0.0.1", "::1"])
    func echoesToOpenSSL(version: String, host: String) async throws {
        let (settings, pem) = try Self.server(["edge.test", host])
        let folder = try TemporaryFolder()
        let rig = try await EchoRig(.tls, host, tls: try TLSContext(.server, settings))
        let peer = try PeerProgram(
            "openssl",
            [
                "s_client", "-connect", "\(rig.address)", version, "-CAfile", folder.write(pem, "ca.pem"),
                "-verify_return_error", "-verify_ip", host, "-quiet", "-no_ign_eof",
            ])
        try peer.send("hello\n")
        try await peer.wait(for: "hello")
        let (id, flow, _) = try await rig.flow()
        #expect(flow.transport == .tls)
        let info = try await rig.waitForNotice { if case .tlsEstablished(id, let info) = $0 { info } else { nil } }
        #expect(info.version == (version == "-tls1_2" ? "TLSv1.2" : "TLSv1.3"))
        // A close in order: s_client ends by itself, content.
        rig.driver.send(.close(id, .fin))
        #expect(try await peer.finish() == 0)
        await rig.stop()
    }

    /// The hub answers and closes in the very turn in which it reads.
    @Test func answerGoesBeforeTheEnd() async throws {
        let (settings, _) = try Self.server()
        let rig = try await EchoRig(.tls, tls: try TLSContext(.server, settings))
        let peer = try PeerProgram("openssl", ["s_client", "-connect", "\(rig.address)", "-quiet", "-no_ign_eof"])
        try peer.send(".bye\n")
        try await peer.wait(for: ".bye")
        #expect(try await peer.finish() == 0)
        await rig.stop()
    }

    @Test func peerClosesInOrder() async throws {
        let (settings, _) = try Self.server()
        let rig = try await EchoRig(.tls, tls: try TLSContext(.server, settings))
        let peer = try PeerProgram("openssl", ["s_client", "-connect", "\(rig.address)", "-no_ign_eof"])
        try peer.send("hello\n")
        try await peer.wait(for: "hello")
        peer.endInput()
        #expect(try await rig.loss() == .closedByPeer)
        #expect(try await peer.finish() == 0)
        await rig.stop()
    }

    /// The question, close_notify and FIN come in one go, and the answer is owed all the same.
    @Test func halfClosedPeerGetsItsAnswer() async throws {
        let (settings, _) = try Self.server()
        let rig = try await EchoRig(.tls, tls: try TLSContext(.server, settings))
        let relay = try PlainSocket(.stream, to: rig.address)
        var client = TLSSettings()
        client.verifiesServer = false
        let session = try TLSSession(try TLSContext(.client, client), peerName: nil)
        var answer: [UInt8] = []
        var hasAsked = false
        var hasEnded = false
        while !hasEnded {
            var octets: [UInt8] = []
            while let output = session.next() {
                switch output {
                case .ciphertext(let sealed): octets += sealed
                case .plaintext(let plain): answer += plain
                case .established:
                    session.send(Array("!9".utf8).span.bytes)
                    session.close()
                    hasAsked = true
                case .closed: hasEnded = true
                case .failed(let failure): throw failure
                }
            }
            relay.send(octets)
            if hasAsked { relay.shutdownSending() }
            guard !hasEnded else { break }
            if let more = relay.receive() { session.receive(more.span.bytes) } else { session.receiveEnd() }
        }
        #expect(answer.count == 900_000)
        #expect(try await rig.loss() == .closedByPeer)
        await rig.stop()
    }

    @Test func webSocketChoosesHTTP() async throws {
        var (settings, _) = try Self.server()
        settings.protocols = ["http/1.1"]
        let rig = try await EchoRig(.wss, tls: try TLSContext(.server, settings))
        let peer = try PeerProgram(
            "openssl", ["s_client", "-connect", "\(rig.address)", "-alpn", "h2,http/1.1"])
        try await peer.wait(for: "ALPN protocol: http/1.1")
        #expect(try await rig.flow().flow.transport == .wss)
        await rig.stop()
    }

    @Test func clientCertificateIsDemanded() async throws {
        let made = try await Certificates()
        var settings = TLSSettings()
        settings.identity = try await made.issue("edge", "DNS:edge.test")
        settings.trust = .file(made.authority)
        settings.demandsClientCertificate = true
        guard case .files(let certificate, let key) = try await made.issue("phone", "DNS:phone.test") else { return }
        let rig = try await EchoRig(.tls, tls: try TLSContext(.server, settings))
        let stranger = try PeerProgram("openssl", ["s_client", "-connect", "\(rig.address)"])
        let failure = try await rig.waitForNotice {
            if case .tlsFailed(.tls, _, let failure) = $0 { failure } else { nil }
        }
        #expect(failure.reason == .noClientCertificate)
        #expect(rig.events.isEmpty)
        _ = stranger
        let phone = try PeerProgram(
            "openssl", ["s_client", "-connect", "\(rig.address)", "-cert", certificate, "-key", key, "-quiet"])
        try phone.send("hello\n")
        try await phone.wait(for: "hello")
        let info = try await rig.waitForNotice { if case .tlsEstablished(_, let info) = $0 { info } else { nil } }
        #expect(info.peerSubject == "CN=phone")
        await rig.stop()
    }

    @Test func noSharedCipher() async throws {
        let (settings, _) = try Self.server()
        let rig = try await EchoRig(.tls, tls: try TLSContext(.server, settings))
        let peer = try PeerProgram(
            "openssl", ["s_client", "-connect", "\(rig.address)", "-tls1_2", "-cipher", "AES256-GCM-SHA384"])
        // The server's certificate is of the kind EC; this suite wants RSA.
        let failure = try await rig.waitForNotice {
            if case .tlsFailed(_, _, let failure) = $0 { failure } else { nil }
        }
        #expect(failure.reason == .noSharedCipher)
        try await peer.wait(for: "handshake failure")
        await rig.stop()
    }

    @Test(arguments: ["REGISTER sip:edge.test SIP/2.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"])
    func plainTextToATLSPort(text: String) async throws {
        let (settings, _) = try Self.server()
        let rig = try await EchoRig(.tls, tls: try TLSContext(.server, settings))
        let peer = try PlainSocket(.stream, to: rig.address)
        peer.send(text)
        let failure = try await rig.waitForNotice {
            if case .tlsFailed(_, _, let failure) = $0 { failure } else { nil }
        }
        #expect(failure.description == "the client does not speak TLS on this connection")
        _ = peer.end()
        #expect(rig.events.isEmpty)
        await rig.stop()
    }

    /// Peers that connect and then say nothing are shown the door, and hold up nobody.
    @Test func halfOpenHandshakes() async throws {
        let (settings, _) = try Self.server()
        var limits = HubLimits()
        limits.opening = .milliseconds(400)
        let rig = try await EchoRig(.tls, tls: try TLSContext(.server, settings), limits: limits)
        let idle = try (0..<20).map { _ in try PlainSocket(.stream, to: rig.address) }
        idle[0].send([22, 3, 1])
        let peer = try PeerProgram("openssl", ["s_client", "-connect", "\(rig.address)", "-quiet"])
        try peer.send("hello\n")
        try await peer.wait(for: "hello")
        for socket in idle { #expect(socket.end() == 0) }
        let failures = rig.notices.count {
            if case .tlsFailed(_, _, let failure) = $0 { failure.reason == .timedOut } else { false }
        }
        #expect(failures == 20)
        await rig.stop()
    }

    // MARK: - The hub as a client

    @Test func opensFlowsOverTLS() async throws {
        let made = try await Certificates()
        guard case .files(let certificate, let key) = try await made.issue("proxy", "IP:127.0.0.1") else { return }
        let (peer, address) = try await OpenSSLServer.start(certificate, key)
        var trusting = TLSSettings()
        trusting.trust = .file(made.authority)
        let listener = HubListener(.udp, try #require(TransportAddress("127.0.0.1:0")))
        let rig = try await EchoRig([listener], clientTLS: try TLSContext(.client, trusting))
        rig.driver.send(.open(ticket: 1, .tls, remote: address, local: nil))
        let id = try await rig.flow().id
        rig.driver.send(.send(Array("hello\n".utf8), id))
        try await peer.wait(for: "hello")
        await rig.stop()

        let wary = try await EchoRig([listener], clientTLS: try TLSContext(.client, TLSSettings()))
        wary.driver.send(.open(ticket: 2, .tls, remote: address, local: nil))
        let loss = try await wary.wait { if case .notOpened(2, let loss) = $0 { loss } else { nil } }
        #expect(loss == .failed(errno: EPROTO))
        let failure = try await wary.waitForNotice {
            if case .tlsFailed(_, _, let failure) = $0 { failure } else { nil }
        }
        #expect(failure.reason == .unknownIssuer)
        await wary.stop()
    }
}

/// `openssl s_server` on a free port.
enum OpenSSLServer {
    static func start(
        _ certificate: String, _ key: String, _ arguments: [String] = []
    ) async throws -> (PeerProgram, TransportAddress) {
        let free = try #require(try PlainSocket(.stream, from: TransportAddress("127.0.0.1:0")).name)
        let peer = try PeerProgram(
            "openssl", ["s_server", "-accept", "\(free)", "-cert", certificate, "-key", key] + arguments)
        try await peer.wait(for: "ACCEPT")
        return (peer, free)
    }
}
