/// Octets that somebody printed as a hex dump: `xxd`, `hexdump`, `od -tx1`, `tcpdump -x`, `tshark -x` and what Wireshark
/// copies. Each has an offset at the start of the line, then octets, then perhaps the same as characters; or, as of `xxd -p`
/// and Wireshark's hex stream, lines of digits and nothing else.
///
/// Offsets tell where one dump ends and the next begins, and which words are octets: a line counts only when its offset is
/// what the octets before it lead to. So text is hardly ever taken for a dump.
public struct HexDump: Sendable, Hashable {
    /// The octets of one dump, such as one packet of several.
    public let octets: [UInt8]
    /// The line of the input, from 1, on which it begins.
    public let line: Int
    /// Its lines are digits and nothing else, as they may stand in text too.
    public let isBare: Bool

    /// Octets that all dumps of an input may hold together.
    public static let maximumOctets = 4 << 20

    /// The dumps of `input`, in order; empty when it is no hex dump: when half of its lines that are not blank or more are
    /// no lines of one.
    /// - Parameter bare: whether lines of digits alone are dumps; when not, they are none.
    public static func find(in input: RawSpan, bare: Bool = true) -> [HexDump] {
        var reader = Reader(bare: bare)
        var start = 0
        while start < input.byteCount, reader.total < maximumOctets {
            let end = input.firstOffset(of: ASCII.lf, in: start..<input.byteCount) ?? input.byteCount
            reader.take(input, start..<end)
            start = end + 1
        }
        return reader.finish()
    }

    private struct Reader {
        private let bare: Bool
        private var dumps: [HexDump] = []
        private var octets: [UInt8] = []
        private var first = 0
        private var number = 0
        private var hits = 0
        private var misses = 0
        /// The line before ended in `*`: its octets are repeated up to the next offset.
        private var repeats = false
        private var lastLine: [UInt8] = []
        /// `od` counts in octal, the others in hexadecimal, and small numbers look alike.
        private var radix: Int?
        /// Its last octet may be none: numbers of 16 bits are filled up with a zero.
        private var isPadded = false
        /// The offset of its first octet: not 0 where a stream goes on.
        private var base = 0
        private var isIndented = false
        /// How far each direction of a stream has come, the indented one and the other.
        private var streams: [Bool: Int] = [:]
        /// The digits of a full line, in a dump of digits alone; 0 in one with offsets.
        private var width = 0
        /// A line of digits alone was shorter than the others: the last.
        private var isLastShort = false
        /// A line of 64 octets with all that tools print around them is far shorter.
        static let longestLine = 1024
        /// `xxd -p -c 10`; offsets have 16 at most.
        static let shortestDigits = 20
        /// What `xxd -p` prints by itself.
        static let usualDigits = 60
        var total = 0

        init(bare: Bool) { self.bare = bare }

        mutating func take(_ input: RawSpan, _ whole: Range<Int>) {
            number += 1
            if bare, let digits = digits(input, whole) {
                take(digits: digits)
                return
            }
            var line = Scanner(input.array(whole.prefix(Self.longestLine)))
            if width > 0 { close() }
            guard !line.isBlank else { return }
            if line.isStar, !octets.isEmpty {
                repeats = true
                hits += 1
                return
            }
            let isIndented = line.isIndented
            guard let offset = line.offset(), accept(offset, isIndented) else {
                misses += 1
                return
            }
            hits += 1
            lastLine = line.octets()
            // `od` has no column of characters, or one between > and <.
            if line.hasCharacters { radix = radix ?? 16 }
            octets += lastLine
            total += lastLine.count
            isPadded = line.isSwapped
        }

        /// The octets of a line of digits alone: longer than any offset, unless it ends such a dump.
        private func digits(_ input: RawSpan, _ whole: Range<Int>) -> [UInt8]? {
            var line = whole
            while !line.isEmpty, input.octet(line.upperBound - 1) <= ASCII.space { line = line.dropLast(1) }
            while !line.isEmpty, ASCII.isBlank(input.octet(line.lowerBound)) { line = line.dropFirst(1) }
            guard line.count >= (width > 0 ? 2 : Self.shortestDigits), line.count <= 2 * HexDump.maximumOctets else {
                return nil
            }
            return Hex.decode(input.array(line)[...])
        }

        /// `xxd -p` breaks its lines, and what Wireshark copies is one line a packet, however long: a line that is as long as
        /// the one before, or shorter and the last, belongs to the dump, unless it reads as a packet or message of its own.
        private mutating func take(digits: [UInt8]) {
            hits += 1
            let isNext = width > 0 && !isLastShort && 2 * digits.count <= width
            if !isNext || 2 * digits.count > Self.usualDigits && HexDump.beginsAnew(digits) {
                close()
                first = number
                width = 2 * digits.count
            }
            isLastShort = 2 * digits.count < width
            octets += digits
            total += digits.count
        }

        mutating func finish() -> [HexDump] {
            close()
            // So many digits are no message by chance.
            let isSIP = dumps.contains { $0.isBare && HexDump.beginsAnew($0.octets) }
            return hits > 0 && (misses <= hits || isSIP) ? dumps : []
        }

        /// Whether a line with that offset goes on with the dump, or begins one.
        private mutating func accept(_ offset: Scanner.Offset, _ isIndented: Bool) -> Bool {
            let values = offset.values.filter { radix == nil || $0.radix == radix }
            if repeats, let value = values.first?.value, value >= reached, value <= HexDump.maximumOctets {
                fill(upTo: value - base)
                return true
            }
            if !octets.isEmpty, let match = values.first(where: { $0.value == reached }) {
                if values.count(where: { $0.value == reached }) == 1 { radix = match.radix }
                return true
            }
            if isPadded, octets.last == 0, values.contains(where: { $0.value == reached - 1 }) {
                octets.removeLast()
                return true
            }
            // Of the two directions of a stream, one is indented, and the offsets of each go on behind the other.
            let before = isIndented != self.isIndented && !octets.isEmpty ? streams[isIndented] ?? 0 : 0
            guard offset.isZero || before > 0 && offset.values.first?.value == before else { return false }
            let streams = streams.merging([self.isIndented: reached]) { $1 }
            close()
            self.streams = streams
            base = offset.isZero ? 0 : before
            self.isIndented = isIndented
            first = number
            return true
        }

        /// The offset that comes next.
        private var reached: Int { base + octets.count }

        private mutating func fill(upTo count: Int) {
            repeats = false
            guard !lastLine.isEmpty else { return }
            while octets.count < count, total < HexDump.maximumOctets {
                octets += lastLine.prefix(count - octets.count)
                total += lastLine.count
            }
        }

        private mutating func close() {
            if !octets.isEmpty { dumps.append(HexDump(octets: octets, line: first, isBare: width > 0)) }
            octets = []
            base = 0
            streams = [:]
            repeats = false
            radix = nil
            width = 0
            isLastShort = false
        }
    }

    private static func beginsAnew(_ octets: [UInt8]) -> Bool {
        let input = unsafe octets.span.bytes
        let end = input.firstOffset(of: ASCII.cr, in: 0..<input.byteCount) ?? input.byteCount
        return MessageParser.isStartLine(input, 0..<end) || PacketHeaders.read(input) != nil
    }

    /// One line.
    private struct Scanner {
        struct Offset {
            let values: [(radix: Int, value: Int)]
            let isZero: Bool
        }

        private let line: [UInt8]
        private var at = 0
        private let end: Int
        private var hasColon = false
        private(set) var isSwapped = false
        let isIndented: Bool
        /// Behind the octets stands something that is not between > and <, as of `od`.
        private(set) var hasCharacters = false

        init(_ line: [UInt8]) {
            self.line = line
            var end = line.count
            while end > 0, line[end - 1] <= ASCII.space { end -= 1 }
            self.end = end
            while at < end, ASCII.isBlank(line[at]) { at += 1 }
            isIndented = at > 0
        }

        var isBlank: Bool { at >= end }
        var isStar: Bool { end - at == 1 && line[at] == ASCII.star }

        /// Four to sixteen digits, a colon perhaps, and a blank or the end. tcpdump writes 0x before them.
        mutating func offset() -> Offset? {
            if end - at > 2, line[at] == ASCII.zero, line[at + 1] == UInt8(ascii: "x") { at += 2 }
            let start = at
            while at < end, ASCII.isHexDigit(line[at]) { at += 1 }
            let digits = start..<at
            guard (4...16).contains(digits.count) else { return nil }
            if at < end, line[at] == ASCII.colon {
                hasColon = true
                at += 1
            }
            guard at >= end || ASCII.isBlank(line[at]) else { return nil }
            let text = String(decoding: line[digits], as: UTF8.self)
            var values: [(radix: Int, value: Int)] = []
            if let value = Int(text, radix: 16) { values.append((16, value)) }
            if !hasColon, let value = Int(text, radix: 8) { values.append((8, value)) }
            return values.isEmpty ? nil : Offset(values: values, isZero: values[0].value == 0)
        }

        /// Groups of whole octets up to the column of characters: behind two blanks, which only `hexdump -C` has in the
        /// middle too, and what Wireshark and tshark show of a stream.
        mutating func octets() -> [UInt8] {
            let bar = end > 0 && line[end - 1] == 0x7C
            var octets: [UInt8] = []
            skipBlanks()
            while at < end, octets.count < 64 {
                let start = at
                while at < end, ASCII.isHexDigit(line[at]) { at += 1 }
                let isWord = at >= end || ASCII.isBlank(line[at])
                guard isWord, let group = Hex.decode(line[start..<at]), !group.isEmpty else { break }
                // `hexdump` and `od -x` print numbers of 16 bits as the host has them, which is the other way round on all
                // hosts of today. Tools that print pairs of octets as they come have a colon behind the offset.
                isSwapped = !hasColon && group.count == 2
                octets += isSwapped ? group.reversed() : group
                let gap = skipBlanks()
                guard gap > 1 else { continue }
                if gap == 2, octets.count == 8, bar || !hasColon && isMiddle(behind: octets) { continue }
                hasCharacters = at < end && line[at] != ASCII.greater
                break
            }
            return octets
        }

        /// Whether octets go on here, up to characters that say the same, eight and eight with a blank between them.
        private func isMiddle(behind octets: [UInt8]) -> Bool {
            var octets = octets
            var place = at
            while place + 2 <= end, octets.count < 16, let pair = Hex.decode(line[place..<place + 2]) {
                octets += pair
                place += 2
                guard place < end, line[place] == ASCII.space else { break }
                place += 1
            }
            while place < end, line[place] == ASCII.space { place += 1 }
            var characters = octets.map { ASCII.isPrintable($0) ? $0 : ASCII.dot }
            characters.insert(ASCII.space, at: 8)
            while characters.last == ASCII.space { characters.removeLast() }
            // Blanks at the beginning are those that were passed over.
            return octets.count > 8 && place < end
                && line[place..<end].elementsEqual(characters.drop { $0 == ASCII.space })
        }

        @discardableResult
        private mutating func skipBlanks() -> Int {
            let start = at
            while at < end, ASCII.isBlank(line[at]) { at += 1 }
            return at - start
        }
    }
}
