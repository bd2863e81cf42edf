/// What a stream carries that runs inside of others: SIP inside WebSocket, and either inside TLS. Only such flows have it,
/// so that plain ones pay nothing for it.
struct StreamLayers {
    enum Content {
        /// The octets have not shown it yet.
        case undecided
        case sip
        case webSocket
    }

    var content = Content.undecided
    var webSocket: CapturedWebSocket?
    /// Windows of the WebSocket that the pipeline has counted.
    var countedInflaters = 0

    var transport: TransportProtocol {
        switch content {
        case .undecided, .sip: .tcp
        case .webSocket: .ws
        }
    }
}
