/// Names that a capture program gives to the files of one ring, told from the name that it was given, or from one of
/// theirs: those of `dumpcap -b` (`ring_00001_20261127101010.pcapng`), of `tcpdump -C` and `-W` (`ring.pcap3`) and of
/// `tcpdump -G` (`ring_%H%M%S.pcap`).
struct RingNames: Sendable, Hashable {
    enum Part: Sendable, Hashable {
        case text([UInt8])
        case digits(ClosedRange<Int>)
        /// Whatever strftime(3) makes of a conversion, one octet at least.
        case something
    }

    /// dumpcap counts in five digits, and starts at 0 behind 99999.
    private static let count = Part.digits(5...6)
    /// Year to second.
    private static let date = Part.digits(14...14)
    /// What tcpdump puts behind a name, and behind the first one nothing.
    private static let suffix = Part.digits(0...9)

    private let forms: [[Part]]
    /// Files of these names are written over when their turn comes again.
    let areReused: Bool

    private init(_ forms: [[Part]], areReused: Bool = true) {
        self.forms = forms
        self.areReused = areReused
    }

    /// What a program makes of the name after its `-w`, when no file has that one.
    init(writtenTo name: String) {
        let (stem, ending) = Self.split(name)
        forms = [
            [.text(stem + [UInt8(ascii: "_")]), Self.count, .text([UInt8(ascii: "_")]), Self.date, .text(ending)],
            [.text(stem + [UInt8(ascii: "_")]), Self.date, .text([UInt8(ascii: "_")]), Self.count, .text(ending)],
            Self.conversions(name) + [Self.suffix],
        ]
        areReused = true
    }

    /// The ring that a file of this name belongs to. A file whose name tells of none may be the first one of `tcpdump -C`.
    init(ofFile name: String) {
        if let form = Self.dumpcap(name) {
            self.init([form])
            return
        }
        let octets = Array(name.utf8)
        let plain = Self.withoutSuffix(octets)
        self.init(
            [Self.generalized(plain, digits: Self.dateDigits) + [Self.suffix]],
            areReused: plain.count < octets.count || Self.runs(plain).contains { $0.count >= Self.dateDigits })
    }

    /// The one ring of which there are files in a folder; nil where they are of several.
    init?(ofFiles names: [String]) {
        let rings = Set(names.map(Self.ofFolder))
        guard let ring = rings.first, rings.count == 1 else { return nil }
        self = ring
    }

    /// Whoever names a folder says that one ring alone is in it, so that less tells a time of day from a name.
    private static func ofFolder(_ name: String) -> RingNames {
        if let form = dumpcap(name) { return RingNames([form]) }
        return RingNames([generalized(withoutSuffix(Array(name.utf8)), digits: 2) + [suffix]])
    }

    func contains(_ name: String) -> Bool {
        let octets = Array(name.utf8)
        return forms.contains { Self.fits(octets[...], $0[...]) }
    }

    private static func fits(_ name: ArraySlice<UInt8>, _ form: ArraySlice<Part>) -> Bool {
        guard let part = form.first else { return name.isEmpty }
        let rest = form.dropFirst()
        switch part {
        case .text(let text): return name.starts(with: text) && fits(name.dropFirst(text.count), rest)
        case .digits(let counts):
            let most = name.prefix(counts.upperBound).prefix(while: isDigit).count
            guard most >= counts.lowerBound else { return false }
            return (counts.lowerBound...most).contains { fits(name.dropFirst($0), rest) }
        case .something:
            return !name.isEmpty && (1...name.count).contains { fits(name.dropFirst($0), rest) }
        }
    }

    // MARK: Reading a name

    /// So many digits in a row are a date.
    private static let dateDigits = 8

    private static func isDigit(_ octet: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) }

    /// At the last period, before which dumpcap puts what it adds.
    private static func split(_ name: String) -> (stem: [UInt8], ending: [UInt8]) {
        let octets = Array(name.utf8)
        guard let period = octets.lastIndex(of: UInt8(ascii: ".")) else { return (octets, []) }
        return (Array(octets[..<period]), Array(octets[period...]))
    }

    /// The form of a name that dumpcap made, of either order of number and date.
    private static func dumpcap(_ name: String) -> [Part]? {
        let (stem, ending) = split(name)
        let pieces = stem.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
        guard pieces.count >= 3 else { return nil }
        let numbers = pieces.suffix(2)
        guard numbers.allSatisfy({ $0.allSatisfy(isDigit) }) else { return nil }
        let parts: [Part]
        switch (numbers.first?.count ?? 0, numbers.last?.count ?? 0) {
        case (5...6, 14): parts = [count, .text([UInt8(ascii: "_")]), date]
        case (14, 5...6): parts = [date, .text([UInt8(ascii: "_")]), count]
        default: return nil
        }
        let beginning = stem.prefix(stem.count - numbers.reduce(1) { $0 + $1.count })
        return [.text(Array(beginning))] + parts + [.text(ending)]
    }

    /// Without the number of `tcpdump -C`: digits behind an ending that begins with a letter.
    private static func withoutSuffix(_ name: [UInt8]) -> [UInt8] {
        let digits = name.reversed().prefix(while: isDigit).count
        let plain = name.dropLast(digits)
        guard digits > 0, let period = plain.lastIndex(of: UInt8(ascii: ".")), period + 1 < plain.endIndex,
            plain[(period + 1)...].allSatisfy({ !isDigit($0) })
        else { return name }
        return Array(plain)
    }

    /// The name's runs of digits.
    private static func runs(_ name: [UInt8]) -> [ArraySlice<UInt8>] {
        name.split { !isDigit($0) }
    }

    /// Each run of so many digits stands for any as long as it.
    private static func generalized(_ name: [UInt8], digits: Int) -> [Part] {
        var parts: [Part] = []
        var place = 0
        for run in runs(name) where run.count >= digits {
            parts += [.text(Array(name[place..<run.startIndex])), .digits(run.count...run.count)]
            place = run.endIndex
        }
        return parts + [.text(Array(name[place...]))]
    }

    /// A format of strftime(3).
    private static func conversions(_ name: String) -> [Part] {
        var parts: [Part] = []
        var text: [UInt8] = []
        var rest = Array(name.utf8)[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "%"), let conversion = rest.popFirst() else {
                text.append(octet)
                continue
            }
            guard conversion != UInt8(ascii: "%") else {
                text.append(conversion)
                continue
            }
            parts += [.text(text), .something]
            text = []
        }
        return parts + [.text(text)]
    }
}
