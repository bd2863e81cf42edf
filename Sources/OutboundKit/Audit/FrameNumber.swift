/// A packet's number in four octets, as capture tools count: of the packets behind the first 4,294,967,295 of a capture it
/// is not known which they were, and they have 0, as what is no packet.
@propertyWrapper struct FrameNumber: Sendable {
    private var stored: UInt32 = 0

    init() {}

    var wrappedValue: UInt64 {
        @inline(__always) get { UInt64(stored) }
        @inline(__always) set { stored = UInt32(exactly: newValue) ?? 0 }
    }
}
