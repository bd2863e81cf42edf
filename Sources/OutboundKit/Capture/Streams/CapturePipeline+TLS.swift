/// TLS connections whose secrets are known.
extension CapturePipeline {
    /// Begins to decrypt; false when the stream does not begin with a hello, so that no secrets can be found for it.
    mutating func beginTLS(_ index: Int, _ fromLow: Bool, _ octets: RawSpan) -> Bool {
        if opener == nil { opener = try? RecordOpener() }
        let type = octets.octetIfPresent(TLSRecordStream.headerOctets) ?? TLSHandshakeReader.Kind.clientHello
        let isHello = type == TLSHandshakeReader.Kind.clientHello || type == TLSHandshakeReader.Kind.serverHello
        guard opener != nil, octets.octet(0) == TLSDecryptor.RecordType.handshake, isHello else { return false }
        if !flows.entries[index].flags.contains(.handshake) {
            setClient(index, isLow: (type == TLSHandshakeReader.Kind.clientHello) == fromLow)
        }
        layers[index] = StreamLayers(tls: TLSDecryptor(limits: limits))
        flows.entries[index].kind = .layered
        return true
    }

    mutating func takeTLS(_ index: Int, _ fromLow: Bool, _ octets: RawSpan, _ time: Int64, _ frame: UInt64) {
        guard let opener else { return }
        let fromClient = isFromClient(index, fromLow)
        let hadOpened = layers[index]?.tls?.hasOpened ?? false
        let outputs = layers[index]?.tls?.receive(octets, fromClient: fromClient, secrets: secrets, using: opener)
        if !hadOpened, layers[index]?.tls?.hasOpened == true { statistics.decryptedConnections += 1 }
        for output in outputs ?? [] {
            // What was inside may have turned out to be nothing that is looked at.
            guard flows.entries[index].kind == .layered else { return }
            switch output {
            case .plaintext(let octets, let isFirst):
                if isFirst { flows.entries[index][fromLow].flags.remove(.unsynchronised) }
                unsafe takeInside(index, fromLow, octets.span.bytes, time, frame)
            case .closed: closeInside(index, fromLow, .fin, time, frame)
            case .failed: closeInside(index, fromLow, .rst, time, frame)
            case .unreadable(let reason):
                switch reason {
                case .noKeys: unjudged.tlsFlows += 1
                case .wrongKeys: unjudged.tlsWrongKeys += 1
                case .suite: unjudged.tlsSuites += 1
                }
                encrypted(index, fromLow, time, frame)
            case .lost:
                emit(index, time, frame, fromLow: fromLow, .gap(nil))
                layers[index]?.webSocket?.lose(nil, fromClient: fromClient)
                countInflaters(index)
                desynchronise(index, fromLow)
            case .early: unjudged.earlyRecords += 1
            }
        }
    }

    /// A TLS alert, or a Close frame of WebSocket, ends what an end says, whatever TCP does after it.
    mutating func closeInside(
        _ index: Int, _ fromLow: Bool, _ how: FlowEvent.Closing, _ time: Int64, _ frame: UInt64
    ) {
        guard !hasClosed(index, fromLow) else { return }
        tellSilence(index, closedBy: fromLow, time)
        if fromLow { layers[index]?.hasClosedLow = true } else { layers[index]?.hasClosedHigh = true }
        emit(index, time, frame, fromLow: fromLow, .close(how))
    }

    /// Whether the end's close was reported before TCP shows it.
    func hasClosed(_ index: Int, _ fromLow: Bool) -> Bool {
        guard flows.entries[index].kind == .layered, let inner = layers[index] else { return false }
        return fromLow ? inner.hasClosedLow : inner.hasClosedHigh
    }
}
