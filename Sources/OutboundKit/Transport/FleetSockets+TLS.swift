import Glibc

/// TLS between a fleet's sockets and its flows.
extension FleetSockets {
    /// Begins the handshake on a connection that stands.
    mutating func secure(_ id: FlowID) {
        guard let entry = sockets[id] else { return }
        guard let security else { return give(up: id, entry, EPROTO) }
        do throws(TLSFailure) {
            sockets[id]?.tls = try TLSSession(security.context, peerName: security.name)
            sockets[id]?.phase = .securing
            drain(id) { _ in }
        } catch {
            noteFailure(error)
            give(up: id, entry, EPROTO)
        }
    }

    /// Octets of the peer; `body` gets what is inside.
    mutating func decrypt(_ bytes: RawSpan, _ id: FlowID, _ body: ([UInt8]) -> Void) {
        sockets[id]?.tls?.receive(bytes)
        drain(id, body)
    }

    mutating func encrypt(_ bytes: [UInt8], _ id: FlowID) {
        unsafe sockets[id]?.tls?.send(bytes.span.bytes)
        drain(id) { _ in }
    }

    /// close_notify (RFC 8446 §6.1).
    mutating func sayGoodbye(_ id: FlowID) {
        sockets[id]?.tls?.close()
        drain(id) { _ in }
    }

    private mutating func drain(_ id: FlowID, _ body: ([UInt8]) -> Void) {
        while let output = sockets[id]?.tls?.next(), let entry = sockets[id] {
            switch output {
            case .ciphertext(let octets): transmit(octets, id, entry)
            case .plaintext(let octets): body(octets)
            case .established: tellUp(id, entry)
            case .closed: lose(id, entry, .closedByPeer)
            case .failed(let failure):
                noteFailure(failure)
                lose(id, entry, .failed(errno: EPROTO))
            }
        }
    }

    private mutating func noteFailure(_ failure: TLSFailure) { tlsFailure = tlsFailure ?? failure }
}
