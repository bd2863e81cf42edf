/// What one direction of a stream holds while it is in the middle of something; given back when it is not.
struct StreamBuffer {
    /// Where a chunk of `held` ends, and when it came.
    struct Mark {
        let end: Int
        let time: Int64
        let frame: UInt64
    }

    /// Present while a message is unfinished or the stream is not synchronised.
    var framer: StreamFramer?
    var early = EarlySegments()
    /// The stream's beginning, until it shows what it carries.
    var held: [UInt8] = []
    var marks: [Mark] = []
    /// Where a FIN stands that came before octets in front of it.
    var finAt: SequenceNumber?

    var isEmpty: Bool { framer == nil && early.isEmpty && held.isEmpty && finAt == nil }
}
