/// Puts captures in the order of their time: rotation numbers its pieces in one way or another, and a shell sorts their
/// names in a third.
struct CaptureOrder {
    struct Entry: Equatable {
        let path: String
        /// Of its first packet; nil when nobody can look without taking it away, or there is none.
        let time: Int64?
    }

    /// By first packet, those of the same time as they are named. Pipes, and what cannot be read, keep their place.
    static func arrange(_ entries: [Entry]) -> [Entry] {
        let timed = entries.indices.filter { entries[$0].time != nil }
        let sorted = timed.sorted { left, right in
            let (first, second) = (entries[left].time ?? 0, entries[right].time ?? 0)
            return first != second ? first < second : left < right
        }
        var arranged = entries
        for (place, index) in zip(timed, sorted) { arranged[place] = entries[index] }
        return arranged
    }

    /// The time of a capture's first packet.
    static func firstTime(of path: String, limits: CaptureLimits) -> Int64? {
        guard CaptureDescriptor.isRegularFile(path) else { return nil }
        do throws(CaptureError) {
            return try look(path, limits)
        } catch {
            // Whatever is wrong is said when it is read.
            return nil
        }
    }

    private static func look(_ path: String, _ limits: CaptureLimits) throws(CaptureError) -> Int64? {
        var source = try CaptureSource(path: path, limits: limits)
        var reader = CaptureReader(limits: limits)
        var record = CaptureRecord()
        var buffer = [UInt8](repeating: 0, count: min(65_536, limits.bufferOctets))
        var filled = 0
        while true {
            let count = try source.read(into: &buffer, after: filled)
            guard count > 0 else { return nil }
            filled += count
            var offset = min(reader.skippable, filled)
            reader.skip(offset)
            if reader.skippable == 0 {
                let window = unsafe buffer.span.bytes.extracting(0..<filled)
                if try reader.next(in: window, at: &offset, into: &record) {
                    return record.remark == .timeless ? nil : record.time
                }
                let skipped = min(reader.skippable, filled - offset)
                reader.skip(skipped)
                offset += skipped
            }
            buffer.removeFirst(offset)
            filled -= offset
            // A record of the largest size must have room.
            let room = filled + max(reader.needed, 65_536)
            buffer += repeatElement(0, count: max(0, min(room, limits.bufferOctets) - buffer.count))
        }
    }
}
