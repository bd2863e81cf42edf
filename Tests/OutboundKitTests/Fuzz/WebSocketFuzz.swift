#if canImport(OutboundKit)
    @testable import OutboundKit
#endif

/// The fuzz entry point for WebSocket: a server's session that gets raw octets, first as a handshake, then behind a good
/// one. Whatever comes in, the session lives or ends; limits hold; and the cuts do not matter.
enum WebSocketFuzz {
    static let handshake = Array(
        ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n").utf8)

    /// The first octet chooses the cuts; the rest is the stream.
    static func run(_ input: RawSpan) {
        guard input.byteCount > 1 else { return }
        let stream = input.array(1..<input.byteCount)
        for prefix in [[], handshake] {
            let whole = outputs(prefix + stream, step: .max)
            precondition(
                outputs(prefix + stream, step: Int(input.octet(0) % 13) + 1) == whole, "cuts change the session")
        }
    }

    private static func outputs(
        _ stream: [UInt8], step: Int
    ) -> [WebSocketSession<SystemRandomNumberGenerator>.Output] {
        var limits = WebSocketLimits()
        limits.frameOctets = 300
        limits.messageOctets = 400
        var session = WebSocketSession(server: .init(), limits: limits)
        var seen: [WebSocketSession<SystemRandomNumberGenerator>.Output] = []
        for start in stride(from: 0, to: stream.count, by: min(step, max(stream.count, 1))) {
            session.receive(Array(stream[start..<min(stream.count, start + min(step, stream.count))]).span.bytes)
            while let output = session.next() {
                if case .event(.message(let octets, let isText)) = output {
                    precondition(octets.count <= limits.messageOctets)
                    precondition(!isText || String(validating: octets, as: UTF8.self) != nil)
                }
                seen.append(output)
            }
        }
        precondition(session.isEnded == (seen.last == .end))
        return seen
    }
}
