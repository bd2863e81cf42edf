/// Captures that grow while they are read, and filters. Nothing here is on the path of a packet of a capture that is
/// there as a whole, and read as a whole.
extension CapturePipeline {
    /// Reads a capture as it comes, until it ends or `pulse` says that it is enough. Flows go on from one of its files to
    /// the next.
    ///
    /// - Parameter pulse: is told, several times a second, how far it has come; true ends it.
    /// - Throws: `CaptureError`. The packets before the failure were analysed all the same (`CaptureError.isPartial`).
    public mutating func follow(
        _ stream: any CaptureStream, pulse: (CapturePulse) -> Bool
    ) throws(CaptureError) {
        canBeReadAgain = false
        defer { unjudged.count(missed: stream.missed) }
        defer { unjudged.lostPieces += stream.lostPieces }
        var total = 0
        repeat { total += try followFile(stream, pulse: pulse) } while stream.goesOn()
        guard total > 0 else { throw CaptureError(.empty, path: stream.name) }
    }

    /// - Returns: the octets of the file.
    private mutating func followFile(
        _ stream: any CaptureStream, pulse: (CapturePulse) -> Bool
    ) throws(CaptureError) -> Int {
        let capture = OpenCapture(stream, limits: limits)
        begin()
        if stream.isBehindGap { lackPackets() }
        do throws(CaptureError) {
            var octets = 0
            repeat {
                if stream.isLossy { miss() }
                try capture.use { (window) throws(CaptureError) in try feed(window) }
                if stream.isLossy { miss() }
                let state = CapturePulse(
                    packets: statistics.packets, flows: statistics.flows, missed: stream.missed, octets: octets)
                if pulse(state) { stream.stop() }
                octets = 0
            } while try capture.refill({ octets += $0 })
        } catch {
            let failure = gaveUp(capture, error)
            // Those of the files before count too.
            throw CaptureError(
                failure.code, path: failure.path, offset: failure.offset,
                packets: max(failure.packets, statistics.packets))
        }
        if reader.lossEnd != nil { unjudged.dropsAreToldLate = true }
        let octets = capture.position + capture.unread
        do throws(CaptureError) {
            try endOfCapture(unread: capture.unread, total: octets)
        } catch {
            // Who stops in the middle of a packet has not lost anything that was there.
            if error.code == .cut, stream.hasEnded {
                throw CaptureError(
                    .cut, path: capture.path, offset: capture.position, packets: statistics.packets)
            }
        }
        return octets
    }

    /// Whether the packet is one to be judged.
    @inline(never)
    mutating func passesFilter(_ record: CaptureRecord, _ window: RawSpan) -> Bool {
        switch filter?.passes(record, window) {
        case true?: return true
        case false?: statistics.leftOut += 1
        case nil: unjudged.count(unfiltered: record.link)
        }
        return false
    }
}
