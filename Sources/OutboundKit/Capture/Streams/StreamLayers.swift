/// What a stream carries that runs inside of others: SIP inside WebSocket, and either inside TLS. Only such flows have it,
/// so that plain ones pay nothing for it.
struct StreamLayers {
    enum Content {
        /// The octets have not shown it yet.
        case undecided
        case sip
        case webSocket
        /// Packets of others in HEP.
        case mirror
    }

    /// Around everything else, if it is there.
    var tls: TLSDecryptor?
    var content = Content.undecided
    var webSocket: CapturedWebSocket?
    /// When and where a WebSocket for SIP was asked for last.
    var request: (time: Int64, frame: UInt64)?
    /// The beginning of a mirrored packet whose rest is still to come, by the end that sends it.
    var mirroredLow: [UInt8] = []
    var mirroredHigh: [UInt8] = []
    /// An end has said that it ends the connection: nothing new is learnt from its FIN.
    var hasClosedLow = false
    var hasClosedHigh = false
    /// Windows of the WebSocket that the pipeline has counted.
    var countedInflaters = 0

    var transport: TransportProtocol {
        switch content {
        case .undecided, .sip, .mirror: tls == nil ? .tcp : .tls
        case .webSocket: tls == nil ? .ws : .wss
        }
    }
}
