/// A capture that is being read while others are too. A class because several of them are open at a time, each with a
/// buffer that must not be copied.
final class OpenCapture {
    let path: String
    private var source: CaptureSource?
    /// What stands for the source where another thread reads it.
    private var ahead: AheadSource?
    private let stream: (any CaptureStream)?
    private var buffer: [UInt8]
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
        } else {
            source = try CaptureSource(path: path, limits: limits)
        }
        stream = nil
        lossEnd = PcapngTail.lossEnd(of: path, limits: limits)
        buffer = [UInt8](repeating: 0, count: limits.bufferOctets)
        reader = CaptureReader(limits: limits)
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
        moveToFront()
        if let stream {
            guard let count = try stream.read(into: &buffer, after: filled) else { return false }
            progress(count)
            filled += count
            return true
        }
        if ahead != nil {
            let count =
                try ahead?.read(into: &buffer, after: filled) { octets in
                    octetsRead += octets
                    progress(octets)
                } ?? 0
            filled += count
            return count > 0
        }
        let count = try source?.read(into: &buffer, after: filled) ?? 0
        let octets = source?.newlyRead(count) ?? 0
        octetsRead += octets
        progress(octets)
        filled += count
        return count > 0
    }

    /// The most packets of one turn that are copied: who has more in a row reads faster by itself.
    private static let longTurn = 32

    /// Copies the packets up to `until`, where they are few and lie ready.
    /// - Returns: whether that was all of them, so that another capture's turn has come. Where it is false the capture is to
    ///   be read on, behind the packets that were copied.
    func gather(into merged: inout MergedPackets, until: Int64) -> Bool {
        let octets = buffer
        var offset = 0
        let isOver = unsafe gather(
            octets.span.bytes.extracting(start..<start + filled), at: &offset, into: &merged, until: until)
        use(up: offset)
        return isOver
    }

    private func gather(
        _ window: RawSpan, at offset: inout Int, into merged: inout MergedPackets, until: Int64
    ) -> Bool {
        if let (record, end) = pending {
            guard record.time <= until, take(record, window, &merged) else { return false }
            pending = nil
            offset = end
        }
        if let classic = reader.classic {
            for _ in 0..<Self.longTurn {
                guard let record = try? classic.record(in: window, at: offset, largest: buffer.count) else {
                    return false
                }
                guard record.time <= until else {
                    nextTime = record.time
                    return true
                }
                guard take(record, window, &merged) else { return false }
                offset = record.start + record.captured
            }
            return false
        }
        for _ in 0..<Self.longTurn {
            let before = offset
            var record = CaptureRecord()
            // What is wrong here, or no packet, is met again when the capture is read on.
            guard reader.skippable == 0, let isThere = try? reader.next(in: window, at: &offset, into: &record), isThere
            else { return false }
            if record.time > until {
                nextTime = record.time
                pending = (record, offset)
                offset = before
                return true
            }
            guard take(record, window, &merged) else {
                pending = (record, offset)
                offset = before
                return false
            }
        }
        return false
    }

    private func take(_ record: CaptureRecord, _ window: RawSpan, _ merged: inout MergedPackets) -> Bool {
        guard merged.add(record, frame: frame &+ 1, of: window) else { return false }
        frame &+= 1
        return true
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
