import Glibc

/// What the host refused, on which address: the error number and the step that failed.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Step: Sendable, Hashable {
        case resolve(String)
        case bind
        case connect
        /// The TLS handshake; `detail` says what failed.
        case secure
        case send
        case receive
    }

    public let step: Step
    public let transport: TransportProtocol
    /// The far end, or for `bind` the local end; nil where it never came to an address.
    public let address: TransportAddress?
    /// The host's error number; 0 for a time limit of ours, and for a certificate that does not pass. Other failures of
    /// TLS are EPROTO.
    public let errorNumber: Int32
    /// The resolver's own words, where there is no error number.
    public let detail: String?
    /// TLS is spoken there, but in no version of ours.
    public private(set) var isAboutVersion = false

    init(_ failure: TLSFailure, _ transport: TransportProtocol, _ address: TransportAddress) {
        self.init(
            .secure, transport, address, errno: failure.isAboutCertificate ? 0 : EPROTO, detail: failure.description)
        isAboutVersion = failure.isAboutVersion
    }

    public init(
        _ step: Step, _ transport: TransportProtocol, _ address: TransportAddress?, errno errorNumber: Int32,
        detail: String? = nil
    ) {
        self.step = step
        self.transport = transport
        self.address = address
        self.errorNumber = errorNumber
        self.detail = detail
    }

    public var description: String {
        let end = address.map { "\($0) (\(transport))" } ?? "the address (\(transport))"
        let reason = detail ?? (errorNumber == 0 ? "no answer in time" : Self.words(errorNumber))
        switch step {
        case .resolve(let name): return "cannot find an address of \(name): \(reason)"
        case .bind: return "cannot use the local address \(end): \(reason)"
        case .connect: return "cannot connect to \(end): \(reason)"
        case .secure: return "no TLS with \(end): \(reason)"
        case .send: return "cannot send to \(end): \(reason)"
        case .receive: return "cannot receive from \(end): \(reason)"
        }
    }

    /// The host's words for an error number, in lower case as in the middle of a sentence.
    public static func words(_ errorNumber: Int32) -> String { HostError.words(errorNumber) }
}
