/// REGISTERs of one binding that came from another port of the same address than the one before, while the phone thought
/// itself where it was: Call-ID, Contact and Supported are the same, and sent-by is another address than it is seen with.
struct PortMoves: Sendable {
    struct Move: Sendable {
        let time: Int64
        let frame: UInt64
        let before: UInt16
        let port: UInt16
        /// Nanoseconds since the last packet from the port before.
        let silence: Int64
    }

    /// Moves kept; the rest are only counted.
    private static let maximumKept = 4

    private(set) var count = 0
    /// The shortest silence before one.
    private(set) var shortest = Int64.max
    private(set) var kept: [Move] = []

    mutating func add(_ move: Move) {
        count += 1
        shortest = min(shortest, move.silence)
        if kept.count < Self.maximumKept { kept.append(move) }
    }
}

extension FlowLedger {
    /// A REGISTER that refreshes a binding over another flow than it was made on: whether a NAT lies between that has given
    /// the phone another port. To be asked before the binding moves to that flow.
    mutating func notePortMove(
        _ history: Int, to index: Int, place: Int, _ message: borrowing SIPMessage, time: Int64, frame: UInt64
    ) {
        let before = histories[history].flow
        guard histories[history].state == .registered, flows[index].transport == .udp,
            flows[before].transport == .udp, flows[before].server == flows[index].server,
            flows[before].client.ip == flows[index].client.ip,
            flows[before].client.port != flows[index].client.port, flows[index].registerRequests == 1,
            flows[before].lastGap < flows[before].lastFromClient, isSame(place, of: index, on: before),
            Self.isBehindNAT(message, flows[index].client)
        else { return }
        let silence = time &- flows[before].lastFromClient
        histories[history].notePortMove(
            PortMoves.Move(
                time: time, frame: frame, before: flows[before].client.port, port: flows[index].client.port,
                silence: silence))
    }

    /// The registration is one that the other flow has, in the same words, and in the same dialog of registrations.
    private func isSame(_ place: Int, of index: Int, on before: Int) -> Bool {
        let (key, signature, callID) = flows[index].registrations.with(place) {
            ($0.bindingKey, $0.signature, $0.callID)
        }
        return callID != 0
            && flows[before].registrations.contains {
                $0.bindingKey == key && $0.signature == signature && $0.callID == callID
            }
    }

    /// The phone gives another address for its own than it is seen with.
    private static func isBehindNAT(_ message: borrowing SIPMessage, _ source: TransportAddress) -> Bool {
        guard let via = try? message.topVia(), let own = IPAddress(via.host) else { return false }
        return own != source.ip
    }
}
