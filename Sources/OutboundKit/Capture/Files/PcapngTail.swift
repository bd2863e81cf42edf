/// The end of a pcapng file, looked at before the file is read: that packets were dropped stands there, behind all of them.
enum PcapngTail {
    /// Octets that are looked at, at the beginning for the interfaces, and at the end for what is told of them.
    private static let octets = 1 << 16

    /// Until when packets of the capture may be missing, in nanoseconds; nil for all that tell of no drops, or cannot tell
    /// before they are read: pipes, and what is compressed.
    static func lossEnd(of path: String, limits: CaptureLimits) -> Int64? {
        guard CaptureDescriptor.isRegularFile(path), let file = try? CaptureDescriptor(path: path),
            file.magic == PcapngReader.sectionHeader, let size = file.status?.size
        else { return nil }
        var reader = PcapngReader()
        let head = file.octets(from: 0, count: octets)
        guard (try? readToFirstPacket(head, &reader, limits)) != nil else { return nil }
        let tail = file.octets(from: max(0, size - octets), count: min(size, octets))
        return unsafe reader.lossEnd(in: tail.span.bytes)
    }

    private static func readToFirstPacket(
        _ head: [UInt8], _ reader: inout PcapngReader, _ limits: CaptureLimits
    ) throws(CaptureError) {
        let limits = CaptureReader.Limits(octets: limits.bufferOctets, interfaces: limits.interfaces)
        let window = unsafe head.span.bytes
        var record = CaptureRecord()
        var offset = 0
        while offset < window.byteCount {
            guard case .other(let length) = try reader.step(in: window, at: offset, into: &record, limits: limits)
            else { return }
            offset += length
        }
    }
}
