import Glibc

/// A capture file that another program is still writing, read on at its end, and through rotation, as `tail -F` does it:
/// when the name becomes that of another file, the one before is read to its end, and then the new one from its start. A
/// name that leads nowhere is waited for.
public final class FollowedCapture: CaptureStream {
    /// How long a read waits for the file to grow.
    private static let patience: Int32 = 200

    public let name: String
    public var missed: MissedPackets { MissedPackets() }
    /// Before the first octets of a file that was written anew: what stood in it last may have gone unread.
    public private(set) var isLossy = false
    /// How the file before the one that is read now came to its end; nil for the first one.
    public private(set) var rotation: Rotation?
    private var file: CaptureDescriptor
    /// The file that is read after this one.
    private var successor: CaptureDescriptor?
    private var isKnown = false
    private var done = 0
    /// After `stop`: as much as was there then.
    private var enough = Int.max

    public enum Rotation: Sendable, Hashable {
        /// Its name is that of another file now.
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
        if count > 0 { isLossy = false }
        return count > 0 ? count : rest()
    }

    public func goesOn() -> Bool {
        guard enough == .max, let next = successor.take() else { return false }
        file = next
        isKnown = false
        done = 0
        return true
    }

    /// Nothing more is there.
    /// - Returns: nil when nothing can come.
    private func rest() -> Int? {
        if enough != .max || successor != nil { return nil }
        if let status = file.status {
            let isShorter = status.size < done
            // What cannot be opened yet may come to be, as after `create` of a file that then gets its owner.
            if isShorter || !file.hasName(of: status), CaptureDescriptor.isRegularFile(name) {
                successor = try? CaptureDescriptor(path: name)
            }
            if successor != nil {
                rotation = isShorter ? .shrunk : .replaced
                isLossy = isShorter
                // What was written before the name changed is read first: the end comes with the next call that finds nothing.
                return isShorter ? nil : 0
            }
        }
        _ = poll(nil, 0, Self.patience)
        return 0
    }
}
