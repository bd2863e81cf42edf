import Testing

@testable import OutboundKit

/// A session on a flow without network: a script answers, the clock jumps from deadline to deadline.
struct Rehearsal {
    var session: RegistrationSession
    var now = Timestamp.zero
    var sent: [SIPMessage] = []
    /// All that went out, SIP or not, with the time in milliseconds.
    var wire: [(milliseconds: Int64, bytes: [UInt8])] = []
    var states: [RegistrationSession.State] = []
    var events: [RegistrationSession.Event] = []
    var isClosed = false

    init(
        transport: TransportProtocol = .udp, authenticator: DigestAuthenticator? = nil,
        identity: RegistrationIdentity? = nil
    ) throws {
        var settings = RegistrationSettings(
            addressOfRecord: try SIPURI.parse("sip:alice@example.com"), registrar: try SIPURI.parse("sip:example.com"),
            route: try SIPURI.parse("sip:edge.example.com;lr"),
            instance: try InstanceID(urn: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
            regID: try RegID.parse("1"), expiresSeconds: 600, userAgent: "test", authenticator: authenticator)
        settings.identity = identity
        session = RegistrationSession(settings, transport: transport, random: SeededGenerator(seed: 1))
        let local = try #require(TransportAddress("192.0.2.7:5070"))
        let remote = try #require(TransportAddress("198.51.100.1:5060"))
        input(.up(FlowID(0), Flow(transport: transport, local: local, remote: remote)))
    }

    mutating func input(_ input: EngineInput<RegistrationSession.Command>) {
        session.handle(input, at: now)
        drain()
    }

    mutating func command(_ command: RegistrationSession.Command) { input(.command(command)) }

    mutating func receive(_ text: String) { receive(Array(text.utf8)) }

    mutating func receive(_ bytes: [UInt8]) {
        session.receive(bytes.span.bytes, on: FlowID(0), at: now)
        drain()
    }

    /// Lets time pass up to `milliseconds`, deadline by deadline.
    mutating func run(until milliseconds: Int64) {
        let end = Timestamp(nanoseconds: milliseconds * 1_000_000)
        while let deadline = session.deadline, deadline <= end {
            now = max(now, deadline)
            input(.timer)
        }
        now = end
    }

    private mutating func drain() {
        while let output = session.next() {
            switch output {
            case .send(let bytes, _):
                wire.append((now.nanoseconds / 1_000_000, bytes))
                var message = SIPMessage()
                if (try? MessageParser.parse(bytes.span.bytes, into: &message)) != nil { sent.append(message) }
            case .event(let event):
                if case .entered(let state) = event { states.append(state) }
                events.append(event)
            case .close: isClosed = true
            }
        }
    }

    /// An answer to the last request, as a server writes it.
    func answer(
        _ status: String, _ fields: [String] = [], callID: String? = nil, cseq: String? = nil, branch: String? = nil
    ) throws -> String {
        let request = try #require(sent.last)
        func value(_ name: HeaderName) throws -> String { request.text(try #require(request.first(name)).value) }
        var via = try value(.via).replacing(";rport", with: ";received=192.0.2.7;rport=5070")
        if let branch { via = "SIP/2.0/UDP 192.0.2.7:5070;rport=5070;branch=\(branch)" }
        var lines = ["SIP/2.0 \(status)", "Via: \(via)", "From: \(try value(.from))", "To: \(try value(.to));tag=1"]
        lines += ["Call-ID: \(try callID ?? value(.callID))", "CSeq: \(try cseq ?? value(.cseq))"]
        lines += fields + ["Content-Length: 0", "", ""]
        return lines.joined(separator: "\r\n")
    }

    /// A 200 that binds what the last request asked for.
    func granted(_ more: [String] = []) throws -> String {
        let contact = try #require(sent.last?.first(.contact)).value
        let text = try #require(sent.last).text(contact)
        return try answer("200 OK", ["Require: outbound", "Contact: \(text)"] + more)
    }

    var lastFailure: RegistrationSession.Failure? {
        for case .failed(let failure, _) in events.reversed() { return failure }
        return nil
    }

    var ignored: [RegistrationSession.Ignored] {
        events.compactMap { event in
            guard case .ignored(let reason) = event else { return nil }
            return reason
        }
    }
}
