import Glibc
import OutboundKit
import Testing

/// An engine that sends one text and reports what comes.
private struct OneText: FlowEngine {
    enum Event: Sendable, Equatable {
        case up(Flow)
        case text(String)
        case down(FlowLoss)
    }

    let text: String
    private var outputs: [EngineOutput<Event>] = []
    let deadline: Timestamp? = nil

    init(_ text: String) { self.text = text }

    mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        outputs.append(.event(.text(bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })))
    }

    mutating func handle(_ input: EngineInput<Never>, at now: Timestamp) {
        switch input {
        case .up(let id, let flow):
            outputs.append(.event(.up(flow)))
            outputs.append(.send(Array(text.utf8), id))
        case .down(let id, let loss):
            outputs.append(.event(.down(loss)))
            outputs.append(.close(id))
        case .timer: break
        }
    }

    mutating func next() -> EngineOutput<Event>? { outputs.isEmpty ? nil : outputs.removeFirst() }
}

/// The client's driver over TLS, against `openssl s_server`.
@Suite(.serialized) struct FlowDriverTests {
    private func open(
        _ address: TransportAddress, _ settings: TLSSettings, name: String?, transport: TransportProtocol = .tls
    ) async throws(TransportError) -> FlowDriver<OneText> {
        let context: TLSContext
        do { context = try TLSContext(.client, settings) } catch {
            throw TransportError(.secure, transport, nil, errno: 0, detail: error.description)
        }
        return try await FlowDriver.open(
            OneText("ping\n"), over: transport, to: address, from: nil, patience: .seconds(5), tls: context, name: name)
    }

    private func first(
        _ driver: FlowDriver<OneText>, _ isWanted: (OneText.Event) -> Bool
    ) async -> OneText.Event? {
        for await event in driver.events where isWanted(event) { return event }
        return nil
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func talksToOpenSSL(version: String) async throws {
        let made = try await Certificates()
        guard case .files(let certificate, let key) = try await made.issue("edge", "DNS:edge.test") else { return }
        // `-rev` sends every line back, reversed.
        let (peer, address) = try await OpenSSLServer.start(certificate, key, [version, "-rev"])
        var settings = TLSSettings()
        settings.trust = .file(made.authority)
        let driver = try await open(address, settings, name: "edge.test")
        #expect(driver.tls?.version == (version == "-tls1_2" ? "TLSv1.2" : "TLSv1.3"))
        #expect(driver.flow.transport == .tls)
        let answer = await first(driver) { if case .text = $0 { true } else { false } }
        #expect(answer == .text("gnip\n"))
        await driver.close()
        withExtendedLifetime(peer) {}
    }

    struct Refusal: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let names: String
        var days = 5
        var name: String? = "edge.test"
        var trusts = true
        let reason: String
    }

    static let refusals: [Refusal] = [
        Refusal(
            testDescription: "expired", names: "DNS:edge.test", days: -1,
            reason: "the peer's certificate (CN=edge) expired on "),
        Refusal(
            testDescription: "wrong name", names: "DNS:other.test",
            reason: "the peer's certificate is for DNS:other.test, not for edge.test"),
        Refusal(
            testDescription: "wrong address", names: "IP:127.0.0.2", name: nil,
            reason: "the peer's certificate is for IP Address:127.0.0.2, not for 127.0.0.1"),
        Refusal(
            testDescription: "an address is not a name", names: "DNS:127.0.0.1", name: nil,
            reason: "the peer's certificate is for DNS:127.0.0.1, not for 127.0.0.1"),
        Refusal(
            testDescription: "unknown issuer", names: "DNS:edge.test", trusts: false,
            reason: "the issuer of the peer's certificate (CN=Test Authority) is not trusted on this host"),
    ]

    @Test(arguments: refusals)
    func refuses(refusal: Refusal) async throws {
        let made = try await Certificates()
        let issued = try await made.issue("edge", refusal.names, days: refusal.days)
        guard case .files(let certificate, let key) = issued else { return }
        let (peer, address) = try await OpenSSLServer.start(certificate, key)
        var settings = TLSSettings()
        if refusal.trusts { settings.trust = .file(made.authority) }
        do {
            let driver = try await open(address, settings, name: refusal.name)
            await driver.close()
            Issue.record("accepted")
        } catch {
            let expected = "no TLS with \(address) (tls): \(refusal.reason)"
            #expect(error.description.hasPrefix(expected), "\(error)")
        }
        // The same without the check: it goes, and tells what is wrong.
        settings.verifiesServer = false
        let driver = try await open(address, settings, name: refusal.name)
        #expect(driver.tls?.complaint?.description.hasPrefix(refusal.reason) == true)
        await driver.close()
        withExtendedLifetime(peer) {}
    }

    /// In TLS 1.3 the client is done before the server has looked at its certificate (RFC 8446 §4.4).
    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func serverDemandsACertificate(version: String) async throws {
        let made = try await Certificates()
        guard case .files(let certificate, let key) = try await made.issue("edge", "DNS:edge.test") else { return }
        let (peer, address) = try await OpenSSLServer.start(
            certificate, key, [version, "-rev", "-Verify", "2", "-verify_return_error", "-CAfile", made.authority])
        var settings = TLSSettings()
        settings.trust = .file(made.authority)
        do {
            let driver = try await open(address, settings, name: "edge.test")
            #expect(version == "-tls1_3")
            let end = await first(driver) { if case .down = $0 { true } else { false } }
            // The server closes with our octets unread, so that its reset may overtake the alert.
            if end != .down(.reset) {
                #expect(end == .down(.failed(errno: EPROTO)))
                #expect(driver.tlsFailure?.reason == .alert(116))
            }
        } catch {
            // In 1.3 that depends on which of the two is quicker.
            #expect(error.step == .secure)
        }
        settings.identity = try await made.issue("phone", "DNS:phone.test")
        let driver = try await open(address, settings, name: "edge.test")
        let answer = await first(driver) { if case .text = $0 { true } else { false } }
        #expect(answer == .text("gnip\n"))
        await driver.close()
        withExtendedLifetime(peer) {}
    }

    @Test func peerWithoutTLS() async throws {
        let rig = try await EchoRig(.tcp)
        var settings = TLSSettings()
        settings.verifiesServer = false
        await #expect {
            _ = try await open(rig.address, settings, name: nil)
        } throws: { error in
            // The echo of our own greeting is a message no server sends.
            (error as? TransportError)?.step == .secure
        }
        await rig.stop()
    }

    @Test func webSocketTransportsAreTheirStreams() async throws {
        let plain = try await EchoRig(.ws)
        let driver = try await FlowDriver.open(
            OneText("ping"), over: .ws, to: plain.address, from: nil, patience: .seconds(5))
        #expect(await first(driver) { $0 == .text("ping") } != nil)
        await driver.close()
        await plain.stop()

        let made = try TLSCertificate(selfSignedFor: ["127.0.0.1"])
        var (client, server) = (TLSSettings(), TLSSettings())
        client.trust = .certificate(made)
        client.protocols = ["http/1.1"]
        server.identity = .certificate(made)
        server.protocols = ["http/1.1"]
        let secured = try await EchoRig(.wss, tls: try TLSContext(.server, server))
        let other = try await open(secured.address, client, name: nil, transport: .wss)
        #expect(other.tls?.applicationProtocol == "http/1.1")
        #expect(await first(other) { $0 == .text("ping\n") } != nil)
        // The end of the server in order is the end of the flow in order.
        await secured.stop()
        #expect(await first(other) { if case .down = $0 { true } else { false } } == .down(.closedByPeer))
    }
}
