/// A phone to which somebody whom it registers with tried to connect, and was refused: at a SIP port of its host, or where
/// a flow of its came from.
public struct DialledPhone: Sendable, Hashable {
    public let dialler: IPAddress
    public let phone: TransportAddress

    private struct Way: Hashable {
        let from: IPAddress
        let to: IPAddress
    }

    /// Those of a ledger, and of the whole run that it is a part of: the phone's flow may be in another shard.
    static func all(_ ledger: FlowLedger) -> Set<DialledPhone> {
        var tried: Set<DialledPhone> = []
        for index in ledger.flows.indices where ledger.flows[index].closing == .refused {
            tried.insert(DialledPhone(dialler: ledger.flows[index].client.ip, phone: ledger.flows[index].server))
        }
        let known = ledger.run?.dialledPhones ?? []
        guard !tried.isEmpty else { return known }
        var (registers, flows): (Set<Way>, Set<DialledPhone>) = ([], [])
        for index in ledger.flows.indices where ledger.flows[index].sights.contains(.register) {
            // An edge registers nobody: it hands on.
            guard !ledger.flows[index].sights.contains(.forwarded) else { continue }
            let (client, server) = (ledger.flows[index].client, ledger.flows[index].server)
            registers.insert(Way(from: client.ip, to: server.ip))
            flows.insert(DialledPhone(dialler: server.ip, phone: client))
        }
        return known.union(
            tried.filter {
                flows.contains($0)
                    || $0.phone.isAtSIPPort && registers.contains(Way(from: $0.phone.ip, to: $0.dialler))
            })
    }
}
