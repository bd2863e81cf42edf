#if canImport(OutboundKit)
    @testable import OutboundKit
#endif

/// The fuzz entry points for capture files and for the link, IP, UDP and TCP layers, over raw bytes. Whatever comes in,
/// events come out in their order, or an error; and events do not depend on how the file was read.
enum CaptureFuzz {
    /// Checks the promises of `FlowEventSink`.
    struct Checker: FlowEventSink {
        var digest: UInt64 = 0
        private var lastTimes: [UInt32: Int64] = [:]
        private var ended: Set<UInt32> = []

        mutating func observe(_ event: borrowing FlowEvent) {
            let id = event.flow.rawValue
            precondition(!ended.contains(id), "an event after the end")
            let last = lastTimes[id]
            if case .open = event.what {
                precondition(last == nil, "opened twice")
            } else {
                precondition(last != nil, "an event before the flow is open")
            }
            precondition(event.time.nanoseconds >= last ?? .min, "time steps back")
            lastTimes[id] = event.time.nanoseconds
            digest = digest &* 31 &+ UInt64(id) &+ event.frame &+ UInt64(String(describing: event.what).utf8.count)
        }

        mutating func end(_ flow: FlowID, at: Timestamp) {
            precondition(lastTimes[flow.rawValue] != nil, "ended without an opening")
            precondition(ended.insert(flow.rawValue).inserted, "ended twice")
            digest = digest &* 31 &+ UInt64(flow.rawValue)
        }

        var isComplete: Bool { ended.count == lastTimes.count }
    }

    static var limits: CaptureLimits {
        var limits = CaptureLimits()
        limits.bufferOctets = 65_536
        limits.earlyOctets = 2048
        limits.earlySegments = 8
        limits.flows = 64
        limits.undecidedOctets = 256
        limits.fragmentedDatagrams = 8
        limits.fragmentOctets = 4096
        limits.fragments = 8
        return limits
    }

    /// The input as a capture file, read whole and in two pieces.
    static func file(_ input: RawSpan) {
        let octets = input.array(0..<input.byteCount)
        let whole = run([octets])
        let cut = octets.isEmpty ? 0 : Int(octets[octets.count / 2]) * octets.count / 256
        let pieces = run([Array(octets[..<cut]), Array(octets[cut...])])
        precondition(whole == pieces, "events depend on the reads")
    }

    /// The input as frames: an octet for the link type, then each frame behind two octets of its length, an octet for
    /// what the capture cut of it, and one for the time that passed.
    static func frames(_ input: RawSpan) {
        guard input.byteCount > 1 else { return }
        let links: [UInt32] = [1, 113, 276, 101, 0, 108, 228, 229, 12, 147, 9, 51, 109]
        let link = links[Int(input.octet(0)) % links.count]
        var octets = words([0xA1B2_C3D4, 0x0004_0002, 0, 0, 65_535, link])
        var place = 1
        var milliseconds: UInt32 = 0
        while input.byteCount - place > 4 {
            let count = min(Int(input.big16(place)) & 0x7FF, input.byteCount - place - 4)
            let wire = count + Int(input.octet(place + 2)) / 8
            milliseconds &+= UInt32(input.octet(place + 3)) * 8
            octets += words([1000 + milliseconds / 1000, milliseconds % 1000 * 1000, UInt32(count), UInt32(wire)])
            octets += input.array(place + 4..<place + 4 + count)
            place += 4 + count
        }
        _ = run([octets])
    }

    private static func words(_ values: [UInt32]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) } }
    }

    private static func run(_ pieces: [[UInt8]]) -> UInt64 {
        var pipeline = CapturePipeline(sink: Checker(), limits: limits)
        pipeline.begin()
        var window: [UInt8] = []
        var total = 0
        do throws(CaptureError) {
            for piece in pieces {
                window += piece
                let used = try pipeline.feed(window.span.bytes)
                precondition(used <= window.count)
                window.removeFirst(used)
                total += used
            }
            try pipeline.endOfCapture(unread: window.count, total: total + window.count)
        } catch {
            precondition(!error.description.isEmpty)
        }
        pipeline.finish()
        precondition(pipeline.sink.isComplete, "a flow without an end")
        precondition(pipeline.notAnalyzed.allSatisfy { $0.count > 0 })
        return pipeline.sink.digest
    }
}
