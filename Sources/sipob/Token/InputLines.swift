import Glibc
import OutboundKit

/// Lines of a descriptor, in large pieces, with one buffer for all of them.
struct InputLines {
    /// A longer line is skipped and counted: no header field and no log line of use is that long.
    static let longestLine = 1 << 20

    private(set) var skipped = 0
    /// errno of a failed read; nil when the end was reached.
    private(set) var failure: Int32?
    private let descriptor: Int32

    init(_ descriptor: Int32 = STDIN_FILENO) {
        self.descriptor = descriptor
    }

    /// Calls `body` for each line without its line end, and `pause` whenever more input must be waited for. `body` and
    /// `pause` return false to stop.
    mutating func forEach(_ body: (RawSpan, Range<Int>) -> Bool, pause: () -> Bool) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var have = 0
        var skipping = false
        while true {
            let got = unsafe buffer.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress.map { unsafe $0 + have }, $0.count - have)
            }
            if got < 0, errno == EINTR { continue }
            if got < 0 { failure = errno }
            let ended = got <= 0
            have += max(0, got)
            guard let start = unsafe Self.scan(buffer.span.bytes.extracting(first: have), &skipping, ended, body) else {
                return
            }
            if ended { return }
            guard pause() else { return }
            if start > 0 { buffer.replaceSubrange(0..<(have - start), with: Array(buffer[start..<have])) }
            have -= start
            guard have == buffer.count else { continue }
            if buffer.count < Self.longestLine {
                buffer.append(contentsOf: repeatElement(0, count: buffer.count))
            } else {
                if !skipping { skipped += 1 }
                skipping = true
                have = 0
            }
        }
    }

    /// Hands all whole lines to `body`, the rest too at the end of the input; returns where the unfinished line begins,
    /// nil when `body` wants no more.
    private static func scan(
        _ span: RawSpan, _ skipping: inout Bool, _ ended: Bool, _ body: (RawSpan, Range<Int>) -> Bool
    ) -> Int? {
        var start = 0
        while let end = span.firstOffset(of: ASCII.lf, in: start..<span.byteCount) {
            if skipping {
                skipping = false
            } else if !body(span, line(span, start..<end)) {
                return nil
            }
            start = end + 1
        }
        if ended, start < span.byteCount, !skipping { _ = body(span, line(span, start..<span.byteCount)) }
        return start
    }

    private static func line(_ span: RawSpan, _ range: Range<Int>) -> Range<Int> {
        range.isEmpty || span.octet(range.upperBound - 1) != ASCII.cr
            ? range : range.lowerBound..<(range.upperBound - 1)
    }
}
