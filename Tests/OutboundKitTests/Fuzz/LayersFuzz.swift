#if canImport(OutboundKit)
    @testable import OutboundKit
#endif

/// The fuzz entry point for streams inside of others: a key log, a TLS connection and a WebSocket of raw octets. Whatever
/// comes in, limits hold, and what comes in later than its end is not heard.
enum LayersFuzz {
    /// The first octet chooses; each piece of a stream stands behind an octet for its sender and length.
    static func run(_ input: RawSpan) {
        guard input.byteCount > 1 else { return }
        let rest = input.extracting(1..<input.byteCount)
        switch input.octet(0) % 4 {
        case 0: keyLog(rest)
        case 1: tls(rest)
        case 2: webSocket(rest, midstream: false)
        default: webSocket(rest, midstream: true)
        }
    }

    static var limits: CaptureLimits {
        var limits = CaptureLimits()
        limits.keyLogConnections = 4
        limits.keyLogLineOctets = 300
        limits.tlsHelloOctets = 512
        limits.tlsHeldOctets = 1024
        limits.tlsSearches = 4
        limits.inflatedOctets = 1000
        return limits
    }

    private static func keyLog(_ input: RawSpan) {
        var whole = TLSSecretStore(limits: limits)
        whole.take(input)
        whole.endOfLog()
        var pieces = TLSSecretStore(limits: limits)
        for place in 0..<input.byteCount { pieces.take(input.extracting(place..<place + 1)) }
        pieces.endOfLog()
        precondition(whole.count == pieces.count && whole.skippedLines == pieces.skippedLines)
        precondition(whole.count <= limits.keyLogConnections)
    }

    /// Random octets that a mutated hello may keep, and secrets for them.
    private static let secrets: TLSSecretStore = {
        var store = TLSSecretStore(limits: limits)
        let random = String(repeating: "41", count: 32)
        for label in [
            "CLIENT_RANDOM", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
        ] {
            store.take(Array("\(label) \(random) \(String(repeating: "42", count: 48))\n".utf8).span.bytes)
        }
        return store
    }()

    private static func tls(_ input: RawSpan) {
        guard let opener = try? RecordOpener() else { return }
        var decryptor = TLSDecryptor(limits: limits)
        var isOver = false
        pieces(input) { octets, fromClient, isLost in
            if isLost { return decryptor.lose(octets.byteCount, fromClient: fromClient) }
            for output in decryptor.receive(octets, fromClient: fromClient, secrets: secrets, using: opener) {
                precondition(!isOver, "something comes out of a connection that was given up")
                if case .unreadable = output { isOver = true }
            }
            precondition(decryptor.client.heldOctets <= limits.tlsHeldOctets)
            precondition(decryptor.server.heldOctets <= limits.tlsHeldOctets)
        }
    }

    private static func webSocket(_ input: RawSpan, midstream: Bool) {
        var socket = CapturedWebSocket(limits: limits, midstream: midstream)
        var opened = 0
        pieces(input) { octets, fromClient, isLost in
            if isLost { return socket.lose(octets.byteCount, fromClient: fromClient) }
            for output in socket.receive(octets, fromClient: fromClient, mayInflate: true) {
                if case .opened = output { opened += 1 }
                if case .control = output { precondition(opened == 1, "a frame before the connection is open") }
            }
            precondition(opened <= 1 && socket.inflaters <= 2)
        }
    }

    /// Each piece: an octet whose top bits say who sent it and whether the capture missed it, and whose rest is its length,
    /// in words of 8 octets.
    private static func pieces(_ input: RawSpan, _ body: (RawSpan, Bool, Bool) -> Void) {
        var place = 0
        while place < input.byteCount {
            let head = input.octet(place)
            let end = min(input.byteCount, place + 1 + Int(head & 0x3F) * 8)
            body(input.extracting(place + 1..<end), head & 0x80 == 0, head & 0x40 != 0)
            place = end
        }
    }
}
