/// A connection that a client tried to make and whose SYN nothing was seen to answer: no flow, and yet an attempt to form
/// one (RFC 5626 §4.5).
public struct UnansweredAttempt: Sendable, Hashable {
    public let client: TransportAddress
    public let server: TransportAddress
    /// The first SYN, and the last one so far.
    public let start: Timestamp
    public let end: Timestamp

    public init(client: TransportAddress, server: TransportAddress, start: Timestamp, end: Timestamp) {
        (self.client, self.server, self.start, self.end) = (client, server, start, end)
    }
}
