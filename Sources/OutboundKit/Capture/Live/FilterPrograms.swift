import CPcap

/// A filter as compiled for each link type that a capture has.
@safe final class FilterPrograms {
    private let filter: PacketFilter
    /// By link type; nil where the filter means nothing.
    private var programs: [UInt16: UnsafeMutablePointer<bpf_program>?] = unsafe [:]
    private var link: UInt16 = 0
    /// The program for `link`.
    private var program: UnsafeMutablePointer<bpf_program>?

    init(_ filter: PacketFilter) {
        self.filter = filter
    }

    deinit {
        // By index: the formatter takes `for unsafe` for a mistake.
        let all = unsafe Array(programs.values)
        for index in unsafe all.indices {
            if let program = unsafe all[index] { unsafe filter.library.free(program) }
        }
    }

    /// Whether a packet passes; nil when the filter means nothing for its link type.
    func passes(_ record: CaptureRecord, _ window: RawSpan) -> Bool? {
        if unsafe record.link != link || program == nil {
            link = record.link
            unsafe program = compiled(link)
        }
        guard let program = unsafe program else { return nil }
        var header = pcap_pkthdr()
        header.caplen = UInt32(truncatingIfNeeded: record.captured)
        header.len = UInt32(truncatingIfNeeded: record.wire)
        let octets = window.extracting(record.start..<record.start + record.captured)
        return unsafe octets.withUnsafeBytes { octets in
            unsafe filter.library.matches(program, &header, octets.baseAddress?.assumingMemoryBound(to: UInt8.self))
                != 0
        }
    }

    private func compiled(_ link: UInt16) -> UnsafeMutablePointer<bpf_program>? {
        if let known = unsafe programs[link] { return unsafe known }
        var problem = ""
        let program = unsafe filter.library.compile(filter.text, link: link, problem: &problem)
        unsafe programs[link] = .some(program)
        return unsafe program
    }
}
