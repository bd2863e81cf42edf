/// Finds the packets of a pcap or pcapng file in whatever window of its octets is at hand. Pure: it holds no octets and
/// reads none; the caller moves the window on.
struct CaptureReader {
    /// Those of `CaptureLimits` that matter here: a reader changes places often where captures are read side by side.
    struct Limits {
        /// Of the largest record.
        let octets: Int
        let interfaces: Int
    }

    private enum Format {
        case unknown
        case pcap(PcapReader)
        case pcapng
    }

    private var format = Format.unknown
    private var pcapng = PcapngReader()
    private let limits: Limits
    /// After `next` returned false: octets from the offset on that must be in the window before it can go on.
    private(set) var needed = 4
    /// After `next` returned false: octets from the offset on that may be thrown away unread.
    private(set) var skippable = 0

    init(limits: CaptureLimits) {
        self.limits = Limits(octets: limits.bufferOctets, interfaces: limits.interfaces)
    }

    /// Blocks of secrets that are no TLS key logs.
    var unreadSecretsBlocks: Int { pcapng.unreadSecretsBlocks }

    /// How many of the skippable octets, from the first one on, are a key log's.
    private(set) var secretOctets = 0

    /// The classic format's reader, once the file header is read: for a loop of its own.
    var classic: PcapReader? {
        if case .pcap(let pcap) = format { return pcap }
        return nil
    }

    /// Packets that the capture program says it dropped.
    var droppedPackets: UInt64 { pcapng.droppedPackets }

    /// Until when it dropped them, in nanoseconds; nil where it says of none.
    var lossEnd: Int64? { pcapng.lossEnd }

    /// Packets that cannot be read although the blocks around them can.
    var unreadablePackets: Int { pcapng.unreadable }

    /// So many of the skippable octets were thrown away.
    mutating func skip(_ count: Int) {
        skippable -= count
        secretOctets = max(0, secretOctets - count)
    }

    /// Moves `offset` past the next packet and describes it in `record`.
    ///
    /// - Returns: false when the window holds no further whole packet; `needed` or `skippable` then says how to go on,
    ///   and `offset` is where the unread rest begins.
    /// - Throws: `.format`, `.damaged`, with the offset in the window.
    mutating func next(
        in window: RawSpan, at offset: inout Int, into record: inout CaptureRecord
    ) throws(CaptureError) -> Bool {
        switch format {
        case .pcap(let pcap):
            guard let whole = try pcap.record(in: window, at: offset, largest: limits.octets) else {
                needed = pcap.length(in: window, at: offset)
                return false
            }
            record = whole
            offset = record.start + record.captured
            return true
        case .pcapng:
            return try nextBlock(in: window, at: &offset, into: &record)
        case .unknown:
            return try begin(in: window, at: &offset, into: &record)
        }
    }

    private mutating func nextBlock(
        in window: RawSpan, at offset: inout Int, into record: inout CaptureRecord
    ) throws(CaptureError) -> Bool {
        skippable = 0
        while true {
            switch try pcapng.step(in: window, at: offset, into: &record, limits: limits) {
            case .packet(let length):
                offset += length
                return true
            case .other(let length):
                guard length <= window.byteCount - offset else {
                    skippable = length
                    needed = 0
                    return false
                }
                offset += length
            case .secrets(let start, let count, let length):
                offset += start
                skippable = length - start
                secretOctets = count
                needed = 0
                return false
            case .needs(let octets):
                needed = octets
                return false
            }
        }
    }

    /// Whether a regular file begins as a capture does that is not compressed.
    static func isCapture(_ path: String) -> Bool {
        guard CaptureDescriptor.isRegularFile(path), let file = try? CaptureDescriptor(path: path),
            let magic = file.magic
        else { return false }
        return magic == PcapngReader.sectionHeader || PcapReader.isMagic(magic)
    }

    private mutating func begin(
        in window: RawSpan, at offset: inout Int, into record: inout CaptureRecord
    ) throws(CaptureError) -> Bool {
        guard window.byteCount - offset >= 4 else { return false }
        let magic = window.big32(offset)
        if magic == PcapngReader.sectionHeader {
            format = .pcapng
            return try nextBlock(in: window, at: &offset, into: &record)
        }
        guard PcapReader.isMagic(magic) else {
            throw CaptureError(.format(magic: magic, known: Self.name(ofMagic: magic)), offset: offset)
        }
        guard window.byteCount - offset >= PcapReader.headerLength else {
            needed = PcapReader.headerLength
            return false
        }
        format = .pcap(PcapReader(magic: magic, header: window, at: offset))
        offset += PcapReader.headerLength
        return try next(in: window, at: &offset, into: &record)
    }

    /// What a file with these first four octets is, and what to do with it.
    private static func name(ofMagic magic: UInt32) -> String? {
        if let format = Decompression.Format(magic: magic) {
            // One layer was taken off where the file was opened.
            return format == .gzip
                ? "compressed twice: give it as `gzip -dc FILE | sipob pcap-audit -`"
                : "compressed twice: give it as `zstd -dc FILE | sipob pcap-audit -`"
        }
        switch magic {
        case 0xFD37_7A58: return "xz-compressed: give it as `xz -dc FILE | sipob pcap-audit -`"
        case 0x736E_6F6F: return "a snoop capture: convert it with `editcap -F pcapng`"
        case 0x34CD_B2A1, 0xA1B2_CD34: return "a modified pcap capture: convert it with `editcap -F pcapng`"
        default: return nil
        }
    }
}
