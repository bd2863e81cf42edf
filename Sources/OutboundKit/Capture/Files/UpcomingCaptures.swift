/// Compressed captures are decompressed ahead, those whose turn has come and then those that are next, as far as threads
/// and memory are given for it.
struct UpcomingCaptures {
    private let limits: CaptureLimits
    private var prepared: [(entry: CaptureOrder.Entry, capture: OpenCapture?)] = []

    init(limits: CaptureLimits) { self.limits = limits }

    /// Begins with the next of those that wait, unless all threads are taken.
    mutating func prepare(_ waiting: ArraySlice<CaptureOrder.Entry>, besides open: [OpenCapture]) {
        guard limits.decompressors > 0, prepared.count < waiting.count else { return }
        for entry in waiting.dropFirst(prepared.count) {
            guard hasThread(besides: open), prepared.count < limits.openCaptures else { return }
            // One that is not compressed is opened when its turn comes, and what is wrong with it is said then, too.
            let isCompressed = CaptureDescriptor.isCompressedFile(entry.path)
            let capture =
                isCompressed
                ? try? OpenCapture(path: entry.path, time: entry.time ?? .min, limits: limits, ahead: true) : nil
            prepared.append((entry, capture))
        }
    }

    /// The capture whose turn has come.
    mutating func open(
        _ entry: CaptureOrder.Entry, _ time: Int64, besides open: [OpenCapture]
    ) throws(CaptureError) -> OpenCapture {
        if prepared.first?.entry == entry, let capture = prepared.removeFirst().capture { return capture }
        return try OpenCapture(path: entry.path, time: time, limits: limits, ahead: hasThread(besides: open))
    }

    private func hasThread(besides open: [OpenCapture]) -> Bool {
        open.count { $0.isAhead } + prepared.count { $0.capture != nil } < limits.decompressors
    }
}
