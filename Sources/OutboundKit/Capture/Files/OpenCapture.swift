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
        buffer = [UInt8](repeating: 0, count: limits.bufferOctets)
        reader = CaptureReader(limits: limits)
        nextTime = time
    }

    /// A capture that grows while it is read.
    init(_ stream: any CaptureStream, limits: CaptureLimits) {
        path = stream.name
        source = nil
        self.stream = stream
        buffer = [UInt8](repeating: 0, count: limits.bufferOctets)
        reader = CaptureReader(limits: limits)
        nextTime = .min
    }

    var unread: Int { filled }
    /// It is decompressed ahead.
    var isAhead: Bool { ahead != nil }

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
            let count = try ahead?.read(into: &buffer, after: filled, progress) ?? 0
            filled += count
            return count > 0
        }
        let count = try source?.read(into: &buffer, after: filled) ?? 0
        progress(source?.newlyRead(count) ?? 0)
        filled += count
        return count > 0
    }

    /// Gives the octets at hand to `body`, which says how many of them are used up.
    func use(_ body: (RawSpan) throws(CaptureError) -> Int) throws(CaptureError) {
        let used = try show(body)
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
