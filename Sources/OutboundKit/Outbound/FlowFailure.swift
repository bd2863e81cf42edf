/// Why a flow has failed (RFC 5626 §3.5, §4.4). Whatever the reason: a new flow to the same URI, and a REGISTER with the
/// same reg-id.
public enum FlowFailure: Hashable, Sendable, CustomStringConvertible {
    /// No pong within 10 s (RFC 5626 §4.4.1).
    case pongTimeout
    /// No Binding response after all transmissions (RFC 5626 §4.4.2).
    case stunTimeout
    /// A Binding error response with that code; 0 when it has none.
    case stunError(UInt16)
    /// XOR-MAPPED-ADDRESS is not what it was at first: the NAT has made a new mapping.
    case mappedAddressChanged(from: TransportAddress, to: TransportAddress)
    /// A hard ICMP error, or its like from the local network stack.
    case unreachable
    /// The other end closed or reset the connection.
    case closed

    public var description: String {
        switch self {
        case .pongTimeout: "no pong within 10 s"
        case .stunTimeout: "no answer to any of the STUN Binding requests"
        case .stunError(let code): code == 0 ? "STUN error response without a code" : "STUN error response \(code)"
        case .mappedAddressChanged(let old, let new): "mapped address changed from \(old) to \(new)"
        case .unreachable: "destination unreachable"
        case .closed: "connection closed"
        }
    }
}
