import OutboundKit

/// Sends one request and takes its final answer: the demo's caller.
struct DemoCaller: FlowEngine {
    struct Answer: Sendable {
        let status: UInt16
        let reason: String
        let delay: Duration
    }

    private let request: @Sendable (Flow) -> [UInt8]
    private var sent: Timestamp?
    private var flow = FlowID(0)
    private var outputs: [EngineOutput<Answer>] = []

    /// - Parameter request: makes the request for our end of the flow.
    init(_ request: @escaping @Sendable (Flow) -> [UInt8]) { self.request = request }

    var deadline: Timestamp? { nil }

    mutating func handle(_ input: EngineInput<Never>, at now: Timestamp) {
        switch input {
        case .up(let id, let flow):
            self.flow = id
            sent = now
            outputs.append(.send(request(flow), id))
        case .down: outputs.append(.close(flow))
        case .timer: break
        }
    }

    mutating func receive(_ bytes: RawSpan, on flow: FlowID, at now: Timestamp) {
        var message = SIPMessage()
        guard let sent, (try? MessageParser.parse(bytes, into: &message)) != nil, message.statusCode >= 200 else {
            return
        }
        let reason = message.text(message.startLineText)
        outputs.append(.event(Answer(status: message.statusCode, reason: reason, delay: now - sent)))
        outputs.append(.close(flow))
    }

    mutating func next() -> EngineOutput<Answer>? { outputs.isEmpty ? nil : outputs.removeFirst() }

    /// Sends a MESSAGE over UDP.
    /// - Parameter route: a pre-loaded Route; empty for none.
    /// - Returns: nil when no final answer came in two seconds.
    static func message(to uri: String, route: String = "", through edge: TransportAddress) async -> Answer? {
        let caller = DemoCaller { flow in
            let id = String(UInt64.random(in: 0 ... .max), radix: 36)
            var writer = MessageWriter(request: "MESSAGE", uri: uri)
            writer.header(.via, "SIP/2.0/UDP \(flow.local);rport;branch=z9hG4bK\(id)")
            writer.header(.maxForwards, 70)
            if !route.isEmpty { writer.header(.route, route) }
            writer.header(.from, "<sip:bob@example.com>;tag=\(id)")
            writer.header(.to, "<sip:alice@example.com>")
            writer.header(.callID, id)
            writer.header(.cseq, "1 MESSAGE")
            return writer.finish(body: Array("Are you there?".utf8), contentType: "text/plain")
        }
        guard
            let driver = try? await FlowDriver.open(
                caller, over: .udp, to: edge, from: nil, patience: .seconds(2))
        else { return nil }
        let limit = Task {
            try await Task.sleep(for: .seconds(2))
            await driver.close()
        }
        defer { limit.cancel() }
        for await answer in driver.events { return answer }
        return nil
    }
}
