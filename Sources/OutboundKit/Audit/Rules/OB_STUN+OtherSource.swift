/// Servers with several addresses that answer STUN from another one than they were asked at.
extension OB_STUN {
    /// Where the answers to a flow's requests came from.
    struct AnswersElsewhere: Sendable {
        let flow: FlowID
        let source: TransportAddress
        let first: Int64
        let frame: UInt64

        /// What the client has to do with them (RFC 8489 §6.2.1, §6.3: a response comes from where the request went).
        func words(_ flow: FlowRecord) -> String {
            "The answers came from \(source), while the requests went to \(flow.server)"
        }
    }

    /// Flows without one answer, each with the flow on which the answer to its last request, or to the one before, came to
    /// the client's very port.
    /// - Parameter asked: by index, the flows that are to be judged; nil for all.
    static func answersElsewhere(_ flows: Chunks<FlowRecord>, for asked: [Bool]? = nil) -> [FlowID: AnswersElsewhere] {
        struct Transaction: Hashable {
            let high: UInt32
            let low: UInt64
            let client: TransportAddress
        }
        var answers: [Transaction: Int] = [:]
        for index in flows.indices where flows[index].holdsAnswerOnly {
            let trace = flows[index].transaction
            // Who spoke first was taken for the client.
            for end in [flows[index].client, flows[index].server] {
                answers[Transaction(high: trace.high, low: trace.low, client: end)] = index
            }
        }
        if answers.isEmpty { return [:] }
        var found: [FlowID: AnswersElsewhere] = [:]
        for index in flows.indices
        where asked?[index] ?? true && flows[index].kind == .stun && flows[index].pongs == 0 && !flows[index].isStream {
            let (trace, client) = (flows[index].transaction, flows[index].client)
            guard
                let other = answers[Transaction(high: trace.high, low: trace.low, client: client)]
                    ?? answers[Transaction(high: trace.priorHigh, low: trace.priorLow, client: client)]
            else { continue }
            found[flows[index].id] = AnswersElsewhere(
                flow: flows[other].id,
                source: flows[other].client == client ? flows[other].server : flows[other].client,
                first: flows[other].openedAt, frame: flows[other].openedFrame)
        }
        return found
    }
}

extension FlowRecord {
    /// No request came on it, and an answer did, whose ID stands in the place of a request's.
    fileprivate var holdsAnswerOnly: Bool {
        !isStream && pings == 0 && (transaction.low != 0 || transaction.high != 0)
    }
}
