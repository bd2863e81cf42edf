/// How people name a flow of a report: by its id, or by the address and port of one of its ends.
public struct FlowName: Sendable, Hashable, CustomStringConvertible {
    public let description: String
    private let id: FlowID?
    private let address: TransportAddress?

    /// - Parameter text: `f3`, `192.0.2.7:40112` or `[2001:db8::7]:40112`; anything else names no flow.
    public init(_ text: String) {
        description = text
        id = FlowID(named: text)
        address = TransportAddress(text)
    }

    /// Whether it is that flow's. Of an address there may be several, one after the other.
    public func names(_ flow: FlowRecord) -> Bool {
        if let id { return flow.id == id }
        guard let address else { return false }
        return flow.client == address || flow.server == address
    }
}
