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
        let (client, server) = (flows[index].client.ip, flows[index].server)
        var hash = OctetHash()
        hash.combine(client.high)
        hash.combine(client.low)
        hash.combine(server.ip.high)
        hash.combine(server.ip.low)
        hash.combine(
            UInt64(server.port) << 16 | UInt64(flows[index].transport.rawValue) << 8 | (client.isIPv6 ? 1 : 0))
        return hash.value
    }
}
