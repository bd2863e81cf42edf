/// Puts messages together that TCP cut into several dumped packets. Only what follows at once, by its sequence number, is
/// joined; where something is missing the message stays without its end, and what comes behind begins anew. A capture with
/// losses and reordering is for the audit of captures.
struct DumpedSegments {
    /// Octets that are ready to be read for messages.
    struct Piece {
        var octets: [UInt8]
        /// The number of the dump with the first octet, and its line.
        let dump: Int
        let line: Int
        let headers: PacketHeaders?
    }

    private struct Ends: Hashable {
        let source: TransportAddress
        let destination: TransportAddress
    }

    /// Messages that have begun.
    private var open: [Ends: (piece: Piece, next: UInt32)] = [:]
    /// What was joined last. tshark prints it once more.
    private var joined: [UInt8] = []

    /// How far back a packet that is sent again may begin: TCP's windows are hardly ever larger. Farther off it is another
    /// connection between the same ports, which begins at any number.
    private static let window: UInt32 = 1 << 20

    /// - Returns: what is ready with this packet: nothing when more is to come, and two pieces when a message that had begun
    ///   stays without its end.
    mutating func take(_ dump: HexDump, number: Int) -> [Piece] {
        guard let headers = unsafe PacketHeaders.read(dump.octets.span.bytes) else {
            if dump.octets == joined { return [] }
            return [Piece(octets: dump.octets, dump: number, line: dump.line, headers: nil)]
        }
        var piece = Piece(
            octets: Array(dump.octets[headers.payload]), dump: number, line: dump.line, headers: headers)
        guard let sequence = headers.sequence else { return [piece] }
        guard !piece.octets.isEmpty else { return [] }
        let ends = Ends(source: headers.source, destination: headers.destination)
        let next = sequence &+ UInt32(truncatingIfNeeded: piece.octets.count)
        var unfinished: [Piece] = []
        if let begun = open.removeValue(forKey: ends) {
            let known = begun.next &- sequence
            if known > Self.window {
                unfinished = [begun.piece]
            } else if known > 0, known >= piece.octets.count {
                // Sent again: what was there stays.
                open[ends] = begun
                return []
            } else {
                let whole = begun.piece.octets + piece.octets.dropFirst(Int(known))
                piece = Piece(
                    octets: whole, dump: begun.piece.dump, line: begun.piece.line, headers: begun.piece.headers)
                joined = whole
            }
        }
        guard Self.isWhole(piece.octets), !headers.isCut else {
            open[ends] = (piece, next)
            return unfinished
        }
        return unfinished + [piece]
    }

    /// What has begun and not ended.
    mutating func finish() -> [Piece] {
        defer { open = [:] }
        return open.values.map(\.piece)
    }

    /// Whether no message goes on behind the octets, as far as they can be told apart.
    private static func isWhole(_ octets: [UInt8]) -> Bool {
        let input = unsafe octets.span.bytes
        var scratch = SIPMessage()
        var at = 0
        while true {
            while at < octets.count, octets[at] == ASCII.cr || octets[at] == ASCII.lf { at += 1 }
            guard at < octets.count, MessageParser.couldBeginStartLine(input, at..<octets.count, isWhole: false) else {
                return true
            }
            do throws(ParseError) {
                guard let head = try MessageParser.parseHead(input, from: at, limits: .default, into: &scratch) else {
                    return false
                }
                at = head.end + (head.contentLength ?? 0)
                if at > octets.count { return false }
            } catch {
                return true
            }
        }
    }
}
