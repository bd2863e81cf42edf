import Glibc

/// A capture file that another program is still writing, read on at its end.
public final class FollowedCapture: CaptureStream {
    /// How long a read waits for the file to grow.
    private static let patience: Int32 = 200

    public let name: String
    public var missed: MissedPackets { MissedPackets() }
    public var isLossy: Bool { false }
    /// Why there is no more to come, though nobody said that it is enough.
    public private(set) var ending: Ending?
    private let file: CaptureDescriptor
    private var isKnown = false
    private var done = 0
    /// After `stop`: as much as was there then.
    private var enough = Int.max

    public enum Ending: Sendable, Hashable {
        /// Its name is that of another file now, or of none.
        case replaced
        /// It is shorter than what was read of it.
        case shrunk
    }

    /// - Throws: `.system`; `.unfollowable` for what is no regular file.
    public init(path: String) throws(CaptureError) {
        name = path
        guard CaptureDescriptor.isRegularFile(path) else {
            // What is wrong with it, if it cannot be opened at all.
            _ = try CaptureDescriptor(path: path)
            throw CaptureError(
                .unfollowable("it is no regular file; a pipe is read as it comes, without --follow"), path: path)
        }
        file = try CaptureDescriptor(path: path)
    }

    public func stop() { if enough == .max { enough = file.status?.size ?? done } }

    public func read(into buffer: inout [UInt8], after filled: Int) throws(CaptureError) -> Int? {
        if !isKnown {
            guard let magic = file.magic else { return rest() }
            guard Decompression.Format(magic: magic) == nil else {
                throw CaptureError(
                    .unfollowable(
                        "it is compressed; let the capture program write it plain, or pack it when it is done"),
                    path: name)
            }
            isKnown = true
        }
        guard done < enough else { return nil }
        let count = try file.read(into: &buffer, after: filled)
        done += count
        return count > 0 ? count : rest()
    }

    /// Nothing more is there.
    /// - Returns: nil when nothing can come.
    private func rest() -> Int? {
        if enough != .max || ending != nil { return nil }
        if let status = file.status {
            if status.size < done {
                ending = .shrunk
                return nil
            }
            // What was written before that is read first: the end comes with the next call that finds nothing.
            if !file.hasName(of: status) {
                ending = .replaced
                return 0
            }
        }
        _ = poll(nil, 0, Self.patience)
        return 0
    }
}
