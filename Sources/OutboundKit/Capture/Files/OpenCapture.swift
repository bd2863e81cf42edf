/// A capture that is being read while others are too. A class because several of them are open at a time, each with a
/// buffer that must not be copied.
final class OpenCapture {
    let path: String
    private var source: CaptureSource?
    /// What stands for the source where another thread reads it.
    private var ahead: AheadSource?
    private let stream: (any CaptureStream)?
    private var buffer: [UInt8]
    /// Octets of the largest record.
    private let largest: Int
    /// Where in the buffer the octets at hand lie.
    private var start = 0
    private var filled = 0
    /// Where they begin in the capture.
    private(set) var position = 0
    var reader: CaptureReader
    var frame: UInt64 = 0
    /// The time of the packet that comes next, once it is known.
    var nextTime: Int64
    /// Octets of the file that were read so far: of a compressed one fewer than came out of it.
    private var octetsRead = 0
    /// Until when packets may be missing anywhere, as the capture's end tells; nil where it tells of no drops.
    let lossEnd: Int64?
    /// That packet, where looking at it again would count it again, and where the octets behind it begin.
    var pending: (record: CaptureRecord, end: Int)?

    /// - Parameter ahead: a thread may decompress it.
    init(path: String, time: Int64, limits: CaptureLimits, ahead mayBeAhead: Bool) throws(CaptureError) {
        self.path = path
        if mayBeAhead, CaptureDescriptor.isCompressedFile(path) {
            ahead = AheadSource(ReadAhead(path: path, limits: limits))
            buffer = []
        } else {
            source = try CaptureSource(path: path, limits: limits)
            buffer = [UInt8](repeating: 0, count: limits.bufferOctets)
        }
        stream = nil
        lossEnd = PcapngTail.lossEnd(of: path, limits: limits)
        reader = CaptureReader(limits: limits)
        largest = limits.bufferOctets
        nextTime = time
    }

    /// A capture that grows while it is read.
    init(_ stream: any CaptureStream, limits: CaptureLimits) {
        path = stream.name
        source = nil
        lossEnd = nil
        self.stream = stream
        buffer = [UInt8](repeating: 0, count: limits.bufferOctets)
        reader = CaptureReader(limits: limits)
        largest = limits.bufferOctets
        nextTime = .min
    }

    var unread: Int { filled }
    /// It is decompressed ahead.
    var isAhead: Bool { ahead != nil }

    /// Octets of the file that were not used, or not read where they are compressed.
    var octetsLeft: Int {
        let unused = CaptureDescriptor.isCompressedFile(path) ? 0 : filled
        return max(0, (CaptureDescriptor.size(ofFile: path) ?? 0) - octetsRead + unused)
    }

    /// Reads on.
    /// - Returns: false at the end.
    func refill(_ progress: (_ octets: Int) -> Void) throws(CaptureError) -> Bool {
        if ahead != nil {
            let rest = start..<start + filled
            let octets = try ahead?.read(behind: rest, in: &buffer) { octets in
                octetsRead += octets
                progress(octets)
            }
            guard let octets else { return false }
            start = octets.lowerBound
            filled = octets.count
            return true
        }
        moveToFront()
        if let stream {
            guard let count = try stream.read(into: &buffer, after: filled) else { return false }
            progress(count)
            filled += count
            return true
        }
        let count = try source?.read(into: &buffer, after: filled) ?? 0
        let octets = source?.newlyRead(count) ?? 0
        octetsRead += octets
        progress(octets)
        filled += count
        return count > 0
    }

    /// Lists the next packets, as far as they lie ready and there is room, and copies them to their place in `shared`.
    ///
    /// What is no packet, or wrong, ends the list; it is met when the capture is read on, behind those packets.
    func list(into ready: inout ReadyPackets, copying shared: inout [UInt8]) {
        ready.removeAll(framesBefore: frame)
        let octets = buffer
        let window = unsafe octets.span.bytes.extracting(start..<start + filled)
        let offset = list(window, into: &ready)
        frame &+= UInt64(ready.records.count)
        unsafe window.extracting(ready.source).withUnsafeBytes { from in
            unsafe shared.withUnsafeMutableBytes { to in
                unsafe UnsafeMutableRawBufferPointer(rebasing: to[ready.start...]).copyMemory(from: from)
            }
        }
        ready.used = offset
        use(up: offset)
    }

    /// The capture is left: packets that were listed and have had no turn are none that were read.
    func takeBack(_ ready: ReadyPackets) {
        let left = ready.left
        frame &-= UInt64(left.count)
        start -= left.octets
        filled += left.octets
        position -= left.octets
    }

    /// - Returns: where the octets behind the listed packets begin.
    private func list(_ window: RawSpan, into ready: inout ReadyPackets) -> Int {
        var offset = 0
        if let (record, end) = pending {
            guard ready.add(record) else { return 0 }
            pending = nil
            offset = end
        }
        if let classic = reader.classic {
            while let record = try? classic.record(in: window, at: offset, largest: largest),
                ready.add(record)
            {
                offset = record.start &+ record.captured
            }
            return offset
        }
        while true {
            let before = offset
            var record = CaptureRecord()
            guard reader.skippable == 0, let isThere = try? reader.next(in: window, at: &offset, into: &record), isThere
            else { return offset }
            guard ready.add(record) else {
                pending = (record, offset)
                return before
            }
        }
    }

    /// Gives the octets at hand to `body`, which says how many of them are used up.
    func use(_ body: (RawSpan) throws(CaptureError) -> Int) throws(CaptureError) {
        use(up: try show(body))
    }

    private func use(up used: Int) {
        position += used
        filled -= used
        if let (record, end) = pending {
            pending = (record.moved(by: -used), end - used)
        }
        start += used
    }

    /// Before reading on, and not whenever some are used: of captures that are read side by side that is each packet.
    private func moveToFront() {
        guard start > 0 else { return }
        unsafe buffer.withUnsafeMutableBytes { target in
            guard let base = target.baseAddress else { return }
            unsafe base.copyMemory(from: base + start, byteCount: filled)
        }
        start = 0
    }

    /// A function of its own, so that no second reference to the buffer lives on: the next write would copy it.
    private func show(_ body: (RawSpan) throws(CaptureError) -> Int) throws(CaptureError) -> Int {
        let octets = buffer
        return try unsafe body(octets.span.bytes.extracting(start..<start + filled))
    }
}
