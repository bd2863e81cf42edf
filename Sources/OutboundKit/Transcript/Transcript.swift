/// SIP messages as people keep them: files as they came off the wire, hex dumps, and what was pasted from a screen, a mail
/// or a log, whose line ends and margins are no longer those of the message.
///
/// The folder's promise: messages come out as octets that a parser may judge, and whatever had to be put right for that is
/// said. Only what can be undone without doubt is: another's typing is never corrected.
public struct Transcript: Sendable {
    /// In the order of the input.
    public internal(set) var messages: [TranscriptMessage] = []
    /// Hex dumps that hold no SIP, such as STUN.
    public internal(set) var dumpsWithoutSIP = 0
    /// Lines that are not blank and belong to no message.
    public internal(set) var otherLines = 0
    /// The input holds more messages than are read.
    public internal(set) var isCutShort = false

    /// Messages that are read of one input; what follows them is left.
    public static let maximumMessages = 1000
    /// Octets of one input. A caller that has more says so, and reads none of it.
    public static let maximumOctets = 4 << 20

    public init() {}

    /// Finds the messages in `input`.
    public static func read(_ input: [UInt8]) -> Transcript {
        var transcript = Transcript()
        var dumps = unsafe HexDump.find(in: input.span.bytes)
        let text = TerminalColours.dropped(from: input)
        var reader = TranscriptReader(text?.octets ?? input, dump: nil, line: 1, coloured: text?.lines ?? [])
        // Digits alone may be a message's body as well.
        if dumps.contains(where: \.isBare), reader.hasStartLine {
            dumps = unsafe HexDump.find(in: input.span.bytes, bare: false)
        }
        guard dumps.isEmpty else {
            transcript.read(dumps)
            return transcript
        }
        reader.read(into: &transcript)
        return transcript
    }

    private mutating func read(_ dumps: [HexDump]) {
        var segments = DumpedSegments()
        var pieces: [DumpedSegments.Piece] = []
        for (index, dump) in dumps.enumerated() { pieces += segments.take(dump, number: index + 1) }
        pieces += segments.finish()
        // A message is ready with its last packet, if ever, and belongs where its first one stands.
        pieces.sort { $0.dump < $1.dump }
        for piece in pieces where !isCutShort { read(piece) }
        otherLines = 0
    }

    private mutating func read(_ piece: DumpedSegments.Piece) {
        let before = messages.count
        var reader = TranscriptReader(piece.octets, dump: piece.dump, line: piece.line, piece.headers)
        reader.read(into: &self)
        if messages.count == before { dumpsWithoutSIP += 1 }
    }
}

/// One message of a transcript.
public struct TranscriptMessage: Sendable, Hashable {
    /// What was done to the text so that it is a message again.
    public enum Repair: Sendable, Hashable {
        /// Lines ended in LF alone: CRLF was put there.
        case lineEnds
        /// The empty line behind the header was missing.
        case emptyLine
        /// This stood in front of the start-line, or of every line, and was taken off.
        case margin(String)
        /// This stood in front of every other line, where something else stands in front of the start-line.
        case lineMargin(String)
        /// It was in a packet.
        case packet(PacketHeaders)
        /// Sequences that colour text on a terminal were taken out.
        case colours
        /// Every second line was blank, and was taken out.
        case doubled
        /// This stood at the end of each line for its CR.
        case tail(String)
        /// This stood in one line for each of its line ends.
        case escapes(String)
        /// The body has another length than Content-Length says, which may come from the text and not from the message.
        case bodyLength(announced: Int, found: Int, isCut: Bool)

        /// For a person.
        public var sentence: String {
            switch self {
            case .lineEnds: "lines end in LF, as after a paste: read as CRLF, which SIP has on the wire"
            case .emptyLine: "the empty line that ends the header was missing at the end of the text: added"
            case .margin(let text): "taken off before the message: '\(text)'"
            case .lineMargin(let text): "taken off before each other line: '\(text)'"
            case .packet(let headers): headers.sentence
            case .colours: "sequences that colour text on a terminal were taken out; columns count without them"
            case .doubled: "every second line was blank: taken out"
            case .tail("$"): "each line ends in '$', as cat -A shows the end of a line: read as CRLF"
            case .tail(let text): "each line ends in '\(text)', printed for CR: read as CRLF"
            case .escapes(let text): "the message stands in one line, with '\(text)' for its line ends: read as CRLF"
            case .bodyLength(let announced, let found, let isCut):
                "Content-Length is \(announced), and the body has \(found) octets in the text"
                    + (isCut ? ", where the next message begins" : "")
                    + "; with other line ends, or more text, it may fit: not judged"
            }
        }
    }

    public let octets: [UInt8]
    /// The line of the input, from 1, on which it begins; of a hex dump, the line of the dump.
    public let line: Int
    /// The number of the hex dump, from 1; nil for text.
    public let dump: Int?
    public let repairs: [Repair]
    /// The headers of the packet that it was in; nil where there were none, or none that could be read.
    public var packet: PacketHeaders? {
        repairs.lazy.compactMap { if case .packet(let headers) = $0 { headers } else { nil } }.first
    }
    /// The length of the body says nothing of the message: the text has other line ends than it, or not all of it.
    public var hasUnsureLength: Bool {
        repairs.contains { if case .bodyLength = $0 { true } else { false } }
    }
    /// Octets in front of its lines that were taken off: the last number counts for all lines behind. Empty when its lines
    /// are not those of the text.
    let margins: [Int]
    /// How far its lines are from each other in the text.
    let step: Int

    public static func == (left: TranscriptMessage, right: TranscriptMessage) -> Bool {
        left.octets == right.octets && left.line == right.line && left.dump == right.dump
            && left.repairs == right.repairs
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(octets)
        hasher.combine(line)
    }

    /// The line and column of the input, both from 1, for those of the message; nil where its lines are others, as in a hex
    /// dump.
    public func place(line: Int, column: Int) -> (line: Int, column: Int)? {
        guard dump == nil, let last = margins.last else { return nil }
        let margin = line <= margins.count ? margins[max(line, 1) - 1] : last
        return (self.line + (line - 1) * step, column + margin)
    }
}
