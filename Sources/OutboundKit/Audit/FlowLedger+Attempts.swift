/// How an attempt to register ended that no final response ended.
extension FlowLedger {
    /// Whether the REGISTER of the binding's present attempt got no answer at all, and not only none that was captured: of a
    /// capture of one direction, or with answers cut short, every registration looks unanswered. The client shows it. Over
    /// datagrams it sends again and again what is not answered; a connection it gives up.
    ///
    /// - Parameter next: the flow of the next attempt; nil at the end of the run.
    func ranOut(_ history: Int, before next: Int?, at time: Int64) -> Bool {
        let flow = histories[history].flow
        let started = histories[history].attemptedAt
        guard flows[flow].isStream else {
            return flows[flow].pendingRegisters.contains { $0.time == started && ($0.sends > 4 || $0.beganUnseen) }
        }
        guard flows[flow].sights.isDisjoint(with: [.cutSIP, .malformedSIP]), flows[flow].lastGap < started else {
            return false
        }
        if flows[flow].sights.contains(.fromServer) { return true }
        let isGivenUp = flows[flow].closing != nil || (next ?? flow) != flow
        return isGivenUp && serversHeardAt <= time && flows[flow].lastFromClient <= started + BindingHistory.timerF
    }

    /// Whether the REGISTER that began the binding's present attempt was seen, and not only its retransmissions.
    func sawStart(_ history: Int) -> Bool {
        let started = histories[history].attemptedAt
        return !flows[histories[history].flow].pendingRegisters.contains { $0.time == started && $0.beganUnseen }
    }

    /// The server's close, where that was all the answer to the binding's present attempt, over a connection made for it: a
    /// transport error (RFC 3261 §17.1.4), which is as good as a refused connection.
    func closeInstead(_ history: Int, before next: Int) -> (time: Int64, frame: UInt64)? {
        let index = histories[history].flow
        guard index != next, flows[index].isStream, flows[index].closing != nil else { return nil }
        let started = histories[history].attemptedAt
        let flow = flows[index]
        guard flow.closedBy == .fromServer, flow.closedAt >= started, flow.opening.kind == .handshake,
            started &- flow.openedAt < BindingHistory.timerF,
            flow.sights.isDisjoint(with: [.cutSIP, .malformedSIP, .encrypted]), flow.lastGap < started
        else { return nil }
        return (flow.closedAt, flow.closedFrame)
    }
}
