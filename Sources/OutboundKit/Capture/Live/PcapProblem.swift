/// Why there is no listening, or no filter: one sentence that says what to do.
public struct PcapProblem: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// libpcap is not installed, or not one that is known here.
        case library
        /// The filter's text means nothing to libpcap.
        case filter
        /// No such interface, no permission, or whatever else stands against it.
        case interface
    }

    public let code: Code
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
