extension SIPMessage {
    /// Where another message begins behind the end that Content-Length gives this one, as it does on a stream and must not
    /// in a datagram or a WebSocket message (RFC 7118 §5); nil where none does.
    ///
    /// - Parameter bytes: what this message was parsed from.
    func startOfNext(in bytes: RawSpan) -> Int? {
        let excess = defects.first { $0.code == .trailing && $0.rule.description == "Content-Length" }
        guard var start = excess?.offset else { return nil }
        while start + 2 <= bytes.byteCount, bytes.big16(start) == 0x0D0A { start += 2 }
        let rest = bytes.extracting(start..<bytes.byteCount)
        guard rest.firstOffset(of: ASCII.lf, in: 0..<rest.byteCount) != nil, MessageParser.looksLikeSIP(rest) else {
            return nil
        }
        return start
    }
}
