import Glibc

/// A capture from standard input or another pipe, which comes as a capture program writes it, compressed or not, and ends
/// when that does.
public final class PipedCapture: CaptureStream {
    /// Milliseconds that a read waits for octets.
    private static let patience: Int32 = 200

    public let name: String
    public private(set) var hasEnded = false
    private var source: CaptureSource
    private var isStopping = false

    /// - Parameter path: `-` is standard input. A named pipe is opened when somebody writes to it, and waited for until
    ///   then.
    /// - Throws: `.system`.
    public init(path: String, limits: CaptureLimits = CaptureLimits()) throws(CaptureError) {
        name = path
        source = try CaptureSource(path: path, limits: limits, patience: Self.patience)
    }

    /// Whether `path` is to be read so: what gives its octets once.
    public static func isPipe(_ path: String) -> Bool {
        path == "-" || CaptureDescriptor.exists(path) && !CaptureDescriptor.isRegularFile(path)
    }

    /// Ends it at once: where the program writes on there is always more. Who wants its last words waits with this.
    public func stop() { isStopping = true }

    public func read(into buffer: inout [UInt8], after filled: Int) throws(CaptureError) -> Int? {
        guard !isStopping else { return nil }
        do throws(CaptureError) {
            let count = try source.read(into: &buffer, after: filled)
            hasEnded = count == 0
            return count > 0 ? count : nil
        } catch {
            guard error.code == .system(EAGAIN) else { throw error }
            return 0
        }
    }
}
