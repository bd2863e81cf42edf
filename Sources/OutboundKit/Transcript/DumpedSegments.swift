/// Puts messages together that TCP cut into several dumped packets. Only what follows at once, by its sequence number, is
/// joined; a capture with losses and reordering is for the audit of captures.
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

    /// - Returns: nil when more is to come, or there is nothing.
    mutating func take(_ dump: HexDump, number: Int) -> Piece? {
        guard let headers = unsafe PacketHeaders.read(dump.octets.span.bytes) else {
            if dump.octets == joined { return nil }
            return Piece(octets: dump.octets, dump: number, line: dump.line, headers: nil)
        }
        var piece = Piece(
            octets: Array(dump.octets[headers.payload]), dump: number, line: dump.line, headers: headers)
        guard let sequence = headers.sequence else { return piece }
        guard !piece.octets.isEmpty else { return nil }
        let ends = Ends(source: headers.source, destination: headers.destination)
        let next = sequence &+ UInt32(truncatingIfNeeded: piece.octets.count)
        if let begun = open.removeValue(forKey: ends) {
            if begun.next == sequence {
                let whole = begun.piece.octets + piece.octets
                piece = Piece(
                    octets: whole, dump: begun.piece.dump, line: begun.piece.line, headers: begun.piece.headers)
                joined = whole
            } else {
                // Sent again: what was there stays.
                open[ends] = begun
                return nil
            }
        }
        guard Self.isWhole(piece.octets), !headers.isCut else {
            open[ends] = (piece, next)
            return nil
        }
        return piece
    }

    /// What has begun and not ended, in the order of the dumps.
    mutating func finish() -> [Piece] {
        defer { open = [:] }
        return open.values.map(\.piece).sorted { $0.dump < $1.dump }
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
