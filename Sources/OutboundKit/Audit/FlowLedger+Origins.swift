/// Which binding's connections come from where: a refused connection has no REGISTER that would tell.
extension FlowLedger {
    mutating func noteOrigin(_ history: Int, _ index: Int) {
        // Only connections are refused.
        guard flows[index].isStream else { return }
        let origin = origin(of: index)
        let before = originOf[origin]
        let isOwn = before == nil || before == Int32(history) || before == Self.unknownBinding(on: index)
        originOf[origin] = isOwn ? Int32(history) : -1
    }

    static func unknownBinding(on index: Int) -> Int32 { -2 - Int32(index) }

    func origin(of index: Int) -> Int {
        Self.origin(flows[index].client.ip, flows[index].server, flows[index].transport)
    }

    private static func origin(_ client: IPAddress, _ server: TransportAddress, _ transport: TransportProtocol) -> Int {
        var hash = OctetHash()
        hash.combine(client.high)
        hash.combine(client.low)
        hash.combine(server.ip.high)
        hash.combine(server.ip.low)
        hash.combine(
            UInt64(server.port) << 16 | UInt64(transport.rawValue) << 8 | (client.isIPv6 ? 1 : 0))
        return hash.value
    }

    private static let connections: [TransportProtocol] = [.tcp, .tls, .ws, .wss]

    /// Takes the attempt where it may be one of a phone that had registered from there: of scans nothing is kept. The server
    /// may be tried at its other port.
    public mutating func observeAttempt(_ attempt: UnansweredAttempt) {
        guard !originOf.isEmpty else { return }
        var isKnown = false
        for port in [5060, 5061, attempt.server.port] {
            let server = TransportAddress(ip: attempt.server.ip, port: port)
            for transport in Self.connections {
                isKnown = isKnown || originOf[Self.origin(attempt.client.ip, server, transport)] != nil
            }
        }
        if isKnown { unanswered.add(attempt) }
    }
}
