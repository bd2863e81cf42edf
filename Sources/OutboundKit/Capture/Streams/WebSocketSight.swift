/// Knows WebSocket frames where no handshake tells that they are there: in streams that are joined in the middle or have
/// lost octets.
enum WebSocketSight {
    struct Frames {
        /// Only a client masks (RFC 6455 §5.1).
        let fromClient: Bool
        /// One of them carries a SIP message or a CRLF keep-alive: nothing else looks like that.
        let showSIP: Bool
    }

    /// What `octets` are when they are whole frames from the first to the last, with nothing in them that RFC 6455
    /// forbids. A sender puts a message into a segment; where it does not, no frame is recognised.
    static func frames(in octets: RawSpan, limits: WebSocketLimits) -> Frames? {
        // Reserved bits and opcodes leave one octet of six; then the lengths must lead exactly to the end.
        guard octets.byteCount >= 2, octets.octet(0) & 0x30 == 0,
            WebSocketFrame.Opcode(rawValue: octets.octet(0) & 0x0F) != nil
        else { return nil }
        let isMasked = octets.octet(1) & 0x80 != 0
        var decoder = WebSocketFrameDecoder(
            masking: isMasked ? .required : .forbidden, limits: limits, allowsCompressed: true)
        decoder.receive(octets)
        var showSIP = false
        while let result = decoder.next() {
            guard case .success(let frame) = result else { return nil }
            if frame.opcode == .text || frame.opcode == .binary { showSIP = showSIP || isSIP(frame.payload) }
        }
        return decoder.isBetweenFrames ? Frames(fromClient: isMasked, showSIP: showSIP) : nil
    }

    private static func isSIP(_ payload: [UInt8]) -> Bool {
        unsafe payload == [ASCII.cr, ASCII.lf, ASCII.cr, ASCII.lf]
            || PayloadClassifier.beginsSIP(payload.span.bytes, isCut: false)
    }
}
