import Glibc

extension HeaderName {
    /// The name written in `range` of `input`, long or compact, in any case (RFC 3261 §7.3.1, §7.3.3).
    ///
    /// Length and first letter leave one candidate, so that one comparison decides and no String is made.
    init(_ input: RawSpan, _ range: Range<Int>) {
        guard let head = input.octetIfPresent(range.lowerBound), !range.isEmpty else {
            self = .other
            return
        }
        guard let candidate = Self.candidate(length: range.count, initial: head | 0x20, input, range),
            range.count == 1 || input.isVerbatim(candidate.text, in: range)
                || input.equalsIgnoringCase(candidate.text, in: range)
        else {
            self = .other
            return
        }
        self = candidate
    }

    @inline(__always)
    private static func candidate(
        length: Int, initial: UInt8, _ input: RawSpan, _ range: Range<Int>
    ) -> HeaderName? {
        switch (length, initial) {
        case (1, 0x76), (3, 0x76): .via
        case (1, 0x66), (4, 0x66): .from
        case (1, 0x74), (2, 0x74): .to
        case (1, 0x69): .callID
        case (1, 0x6D): .contact
        case (1, 0x6C), (14, 0x63): .contentLength
        case (1, 0x63), (12, 0x63): .contentType
        case (1, 0x6B), (9, 0x73): .supported
        case (1, 0x6F), (5, 0x65): .event
        case (7, 0x63): input.octet(range.lowerBound + 1) | 0x20 == 0x61 ? .callID : .contact
        case (4, 0x63): .cseq
        case (4, 0x70): .path
        case (4, 0x64): .date
        case (5, 0x61): .allow
        case (5, 0x72): .route
        case (6, 0x73): .server
        case (7, 0x65): .expires
        case (7, 0x72): .require
        case (7, 0x77): .warning
        case (10, 0x66): .flowTimer
        case (10, 0x75): .userAgent
        case (11, 0x75): .unsupported
        case (11, 0x72): .retryAfter
        case (11, 0x6D): .minExpires
        case (12, 0x6D): .maxForwards
        case (12, 0x72): .recordRoute
        case (13, 0x70): .proxyRequire
        case (13, 0x61): .authorization
        case (16, 0x77): .wwwAuthenticate
        case (18, 0x70): .proxyAuthenticate
        case (19, 0x70): .proxyAuthorization
        case (19, 0x61): .authenticationInfo
        default: nil
        }
    }

    /// The long name as the RFCs write it; empty for `.other`.
    public var text: StaticString {
        switch self {
        case .other: ""
        case .via: "Via"
        case .from: "From"
        case .to: "To"
        case .callID: "Call-ID"
        case .cseq: "CSeq"
        case .contact: "Contact"
        case .expires: "Expires"
        case .maxForwards: "Max-Forwards"
        case .contentLength: "Content-Length"
        case .contentType: "Content-Type"
        case .supported: "Supported"
        case .require: "Require"
        case .proxyRequire: "Proxy-Require"
        case .unsupported: "Unsupported"
        case .allow: "Allow"
        case .path: "Path"
        case .route: "Route"
        case .recordRoute: "Record-Route"
        case .flowTimer: "Flow-Timer"
        case .retryAfter: "Retry-After"
        case .minExpires: "Min-Expires"
        case .userAgent: "User-Agent"
        case .server: "Server"
        case .authorization: "Authorization"
        case .proxyAuthorization: "Proxy-Authorization"
        case .wwwAuthenticate: "WWW-Authenticate"
        case .proxyAuthenticate: "Proxy-Authenticate"
        case .authenticationInfo: "Authentication-Info"
        case .date: "Date"
        case .event: "Event"
        case .warning: "Warning"
        }
    }
}

extension RawSpan {
    /// As `equals`, by `memcmp`: most stacks write names exactly as the RFCs do, and this is the parser's hottest test.
    @inline(__always)
    fileprivate func isVerbatim(_ text: StaticString, in range: Range<Int>) -> Bool {
        guard text.utf8CodeUnitCount == range.count, range.lowerBound >= 0, range.upperBound <= byteCount else {
            return false
        }
        return unsafe withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return false }
            return unsafe memcmp(base + range.lowerBound, text.utf8Start, range.count) == 0
        }
    }
}

extension SIPMethod {
    /// `REGISTER` as one word.
    static let registerWord: UInt64 = 0x5245_4749_5354_4552

    /// The method written in `range` of `input`. Case counts (RFC 3261 §7.1).
    init(_ input: RawSpan, _ range: Range<Int>) {
        guard !range.isEmpty,
            let candidate = Self.candidate(length: range.count, initial: input.octet(range.lowerBound)),
            input.equals(candidate.text, in: range)
        else {
            self = .other
            return
        }
        self = candidate
    }

    @inline(__always)
    private static func candidate(length: Int, initial: UInt8) -> SIPMethod? {
        switch (length, initial) {
        case (8, 0x52): .register
        case (6, 0x49): .invite
        case (3, 0x41): .ack
        case (3, 0x42): .bye
        case (6, 0x43): .cancel
        case (7, 0x4F): .options
        case (7, 0x4D): .message
        case (9, 0x53): .subscribe
        case (6, 0x4E): .notify
        case (6, 0x55): .update
        case (5, 0x50): .prack
        case (4, 0x49): .info
        case (5, 0x52): .refer
        case (7, 0x50): .publish
        default: nil
        }
    }

    /// The method as it stands on the wire; empty for `.other`.
    public var text: StaticString {
        switch self {
        case .other: ""
        case .register: "REGISTER"
        case .invite: "INVITE"
        case .ack: "ACK"
        case .bye: "BYE"
        case .cancel: "CANCEL"
        case .options: "OPTIONS"
        case .message: "MESSAGE"
        case .subscribe: "SUBSCRIBE"
        case .notify: "NOTIFY"
        case .update: "UPDATE"
        case .prack: "PRACK"
        case .info: "INFO"
        case .refer: "REFER"
        case .publish: "PUBLISH"
        }
    }
}
