import Testing

@testable import OutboundKit

/// Two sessions joined by nothing but their octets.
struct TLSPair {
    let client: TLSSession
    let server: TLSSession
    /// What each end has got, and how it ended.
    private(set) var atClient: [UInt8] = []
    private(set) var atServer: [UInt8] = []
    private(set) var clientInfo: TLSInfo?
    private(set) var serverInfo: TLSInfo?
    private(set) var clientFailure: TLSFailure?
    private(set) var serverFailure: TLSFailure?
    private(set) var clientSawEnd = false
    private(set) var serverSawEnd = false

    init(_ client: TLSSettings, _ server: TLSSettings, name: String?) throws {
        self.client = try TLSSession(try TLSContext(.client, client), peerName: name)
        self.server = try TLSSession(try TLSContext(.server, server), peerName: nil)
    }

    /// Carries octets back and forth until there are none; `cut` octets at a time.
    mutating func run(cut: Int = .max) {
        var moved = true
        while moved {
            moved = false
            while let output = client.next() {
                moved = true
                switch output {
                case .ciphertext(let octets): deliver(octets, server, cut)
                case .plaintext(let octets): atClient += octets
                case .established(let info): clientInfo = info
                case .closed: clientSawEnd = true
                case .failed(let failure): clientFailure = failure
                }
            }
            while let output = server.next() {
                moved = true
                switch output {
                case .ciphertext(let octets): deliver(octets, client, cut)
                case .plaintext(let octets): atServer += octets
                case .established(let info): serverInfo = info
                case .closed: serverSawEnd = true
                case .failed(let failure): serverFailure = failure
                }
            }
        }
    }

    private func deliver(_ octets: [UInt8], _ session: TLSSession, _ cut: Int) {
        var rest = octets[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(cut))
            session.receive(part.span.bytes)
            rest = rest.dropFirst(part.count)
        }
    }
}

@Suite struct TLSSessionTests {
    private static func settings(
        for names: [String] = ["edge.test", "127.0.0.1", "::1"]
    ) throws -> (client: TLSSettings, server: TLSSettings) {
        let certificate = try TLSCertificate(selfSignedFor: names)
        var (client, server) = (TLSSettings(), TLSSettings())
        client.trust = .certificate(certificate)
        server.identity = .certificate(certificate)
        return (client, server)
    }

    @Test(arguments: ["edge.test", "EDGE.test.", "127.0.0.1", "::1", "[::1]"], [1, 7, Int.max])
    func shakesHandsAndCarries(name: String, cut: Int) throws {
        let (client, server) = try Self.settings()
        var pair = try TLSPair(client, server, name: name)
        pair.run(cut: cut)
        #expect(pair.clientInfo?.version == "TLSv1.3")
        #expect(pair.clientInfo?.peerSubject == "CN=edge.test")
        #expect(pair.serverInfo?.peerSubject == nil)
        #expect(pair.clientInfo?.complaint == nil)
        let long = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
        pair.client.send(long.span.bytes)
        let short: [UInt8] = [1, 2, 3]
        pair.server.send(short.span.bytes)
        pair.run(cut: max(cut, 1000))
        #expect(pair.atServer == long)
        #expect(pair.atClient == [1, 2, 3])
        pair.client.close()
        pair.run()
        #expect(pair.serverSawEnd && !pair.clientSawEnd)
        // One direction is over; the other still carries.
        pair.server.send([UInt8(4)].span.bytes)
        pair.server.close()
        pair.run()
        #expect(pair.atClient == [1, 2, 3, 4] && pair.clientSawEnd)
        #expect(pair.clientFailure == nil && pair.serverFailure == nil)
    }

    @Test func otherNamesAreRefused() throws {
        let (client, server) = try Self.settings()
        for name in ["other.test", "127.0.0.2", "sub.edge.test"] {
            var pair = try TLSPair(client, server, name: name)
            pair.run()
            #expect(pair.clientFailure?.reason == .otherName)
            #expect(
                pair.clientFailure?.description
                    == "the peer's certificate is for DNS:edge.test, IP Address:127.0.0.1, "
                    + "IP Address:0:0:0:0:0:0:0:1, not for \(name)")
            // The alert has reached the server.
            #expect(pair.serverFailure?.reason == .alert(42))
        }
    }

    @Test func settingsMayNameAnother() throws {
        var (client, server) = try Self.settings()
        client.peerName = "edge.test"
        var pair = try TLSPair(client, server, name: "192.0.2.7")
        pair.run()
        #expect(pair.clientInfo != nil)
    }

    @Test func unknownIssuerIsRefusedUnlessToldOtherwise() throws {
        var (client, server) = try Self.settings()
        client.trust = .system
        var pair = try TLSPair(client, server, name: "edge.test")
        pair.run()
        #expect(pair.clientFailure?.reason == .selfSigned)
        client.verifiesServer = false
        pair = try TLSPair(client, server, name: "edge.test")
        pair.run()
        #expect(pair.clientInfo?.complaint?.reason == .selfSigned)
    }

    @Test func clientCertificates() throws {
        var (client, server) = try Self.settings()
        let folder = try TemporaryFolder()
        let phone = try TLSCertificate(selfSignedFor: ["phone.test"])
        server.demandsClientCertificate = true
        server.trust = .file(folder.write(phone.pem, "phone.pem"))
        var pair = try TLSPair(client, server, name: "edge.test")
        pair.run()
        #expect(pair.serverFailure?.reason == .noClientCertificate)
        #expect(pair.clientFailure?.reason == .alert(116))

        client.identity = .certificate(try TLSCertificate(selfSignedFor: ["stranger.test"]))
        pair = try TLSPair(client, server, name: "edge.test")
        pair.run()
        #expect(pair.serverFailure?.reason == .selfSigned)

        client.identity = .certificate(phone)
        pair = try TLSPair(client, server, name: "edge.test")
        pair.run()
        #expect(pair.serverInfo?.peerSubject == "CN=phone.test")
    }

    @Test(
        arguments: [
            (["http/1.1"], ["http/1.1"], "http/1.1"), (["h2", "http/1.1"], ["http/1.1"], "http/1.1"),
            (["h2"], ["http/1.1"], nil), ([], ["http/1.1"], nil), (["sip/2"], [], nil),
        ] as [([String], [String], String?)])
    func protocols(offered: [String], known: [String], chosen: String?) throws {
        var (client, server) = try Self.settings()
        client.protocols = offered
        server.protocols = known
        var pair = try TLSPair(client, server, name: "edge.test")
        pair.run()
        #expect(pair.clientInfo?.applicationProtocol == chosen)
        #expect(pair.serverInfo?.applicationProtocol == chosen)
    }

    @Test(arguments: ["REGISTER sip:edge.test SIP/2.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\r\n\r\n\r\n\r\n"])
    func plainTextIsNoTLS(text: String) throws {
        let (client, server) = try Self.settings()
        let here = try TLSSession(try TLSContext(.server, server), peerName: nil)
        here.receive(Array(text.utf8).span.bytes)
        var failures: [TLSFailure.Reason] = []
        while let output = here.next() { if case .failed(let failure) = output { failures.append(failure.reason) } }
        #expect(failures == [.notTLS])
        let there = try TLSSession(try TLSContext(.client, client), peerName: "edge.test")
        there.receive(Array("SIP/2.0 400 Bad Request\r\n\r\n".utf8).span.bytes)
        failures = []
        while let output = there.next() { if case .failed(let failure) = output { failures.append(failure.reason) } }
        #expect(failures == [.notTLS])
    }

    /// Any octets end in a failure or in waiting for more, and nothing is heard of a session that has failed.
    @Test func garbage() throws {
        let (_, server) = try Self.settings()
        let context = try TLSContext(.server, server)
        var random = SeededGenerator(seed: 8446)
        for _ in 0..<300 {
            let session = try TLSSession(context, peerName: nil)
            var octets = (0..<Int.random(in: 1..<200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                octets.replaceSubrange(0..<0, with: [22, 3, 1, 0, 120, 1, 0, 0, 116, 3, 3])
            }
            session.receive(octets.span.bytes)
            session.receive(octets.span.bytes)
            session.receiveEnd()
            var failures = 0
            while let output = session.next() {
                switch output {
                case .failed: failures += 1
                case .established, .plaintext, .closed: Issue.record("\(octets) passed for TLS")
                case .ciphertext: break
                }
            }
            #expect(failures == 1)
        }
    }

    @Test func endOfTheStream() throws {
        let (client, server) = try Self.settings()
        let early = try TLSSession(try TLSContext(.client, client), peerName: "edge.test")
        while early.next() != nil {}
        early.receiveEnd()
        guard case .failed(let failure) = early.next() else { Issue.record("no failure"); return }
        #expect(failure.reason == .closedInHandshake)
        var pair = try TLSPair(client, server, name: "edge.test")
        pair.run()
        pair.client.receiveEnd()
        pair.run()
        #expect(pair.clientSawEnd && pair.clientFailure == nil)
    }

    @Test func keyLog() throws {
        var (client, server) = try Self.settings()
        let folder = try TemporaryFolder()
        client.keyLogFile = folder.write("# kept\n", "keys")
        var pair = try TLSPair(client, server, name: "edge.test")
        pair.run()
        let lines = folder.text("keys").split(separator: "\n")
        #expect(lines.first == "# kept")
        #expect(lines.contains { $0.hasPrefix("CLIENT_TRAFFIC_SECRET_0 ") })
        #expect(pair.client.isEstablished)
    }

    // MARK: - Settings that cannot be

    @Test func filesThatCannotBeUsed() async throws {
        let (client, server) = try Self.settings()
        let folder = try TemporaryFolder()
        let made = try await Certificates()
        guard case .files(let certificate, let key) = try await made.issue("a", "DNS:a.test"),
            case .files(_, let otherKey) = try await made.issue("b", "DNS:b.test")
        else { return }
        let junk = folder.write("junk", "junk.pem")
        let locked = folder.path("locked.key")
        try await PeerProgram.run(
            "openssl", ["pkcs8", "-topk8", "-in", key, "-out", locked, "-passout", "pass:secret"])
        func failure(_ role: TLSContext.Role, _ change: (inout TLSSettings) -> Void) -> String? {
            var settings = role == .client ? client : server
            change(&settings)
            do {
                _ = try TLSContext(role, settings)
                return nil
            } catch {
                #expect(error.reason == .settings)
                return error.description
            }
        }
        #expect(failure(.client) { _ in } == nil)
        #expect(failure(.client) { $0.identity = .files(certificate: certificate, key: key) } == nil)
        #expect(failure(.server) { $0.identity = nil } == "a TLS server needs a certificate and its key")
        #expect(
            failure(.client) { $0.trust = .file("/nowhere/ca.pem") }
                == "cannot read the file of trusted certificates '/nowhere/ca.pem': no such file or directory")
        #expect(failure(.client) { $0.trust = .file(junk) }?.hasPrefix("cannot use the file of trusted") == true)
        #expect(
            failure(.server) { $0.identity = .files(certificate: junk, key: key) }?
                .hasPrefix("cannot use the certificate file '\(junk)': ") == true)
        #expect(
            failure(.server) { $0.identity = .files(certificate: certificate, key: locked) }?
                .hasPrefix("cannot use the key file '\(locked)': ") == true)
        #expect(
            failure(.server) { $0.identity = .files(certificate: certificate, key: otherKey) }
                == "the key in '\(otherKey)' does not belong to the certificate in '\(certificate)'")
        #expect(
            failure(.client) { $0.keyLogFile = "/nowhere/keys" }
                == "cannot append to the key log '/nowhere/keys': no such file or directory")
        #expect(failure(.client) { $0.protocols = [""] } == "a protocol name has 1 to 255 octets")
    }

    @Test(arguments: [[], [""], ["a,IP:1.2.3.4"], ["a b"], ["edge.test", "x\n"], [String(repeating: "a", count: 254)]])
    func namesThatNoCertificateCanHave(names: [String]) {
        #expect(throws: TLSFailure.self) { _ = try TLSCertificate(selfSignedFor: names) }
    }
}
