import Glibc

/// Why a REGISTER is not done: the answer instead of 200.
struct Refusal: Error {
    let answer: RegistrarAnswer

    init(_ status: UInt16, _ reason: String, _ fields: [RegistrarAnswer.Field] = []) {
        answer = RegistrarAnswer(status, reason, fields)
    }
}

/// The option tags of one list (RFC 3261 §19.2; RFC 3327, RFC 5626, RFC 5627) that a registrar acts on.
struct RegistrationOptions: OptionSet {
    let rawValue: UInt8
    static let path = RegistrationOptions(rawValue: 1)
    static let outbound = RegistrationOptions(rawValue: 2)
    static let gruu = RegistrationOptions(rawValue: 4)

    /// nil for any other tag.
    init?(_ input: RawSpan, _ range: Range<Int>) {
        switch range.count {
        case 4 where input.equalsIgnoringCase("path", in: range): self = .path
        case 4 where input.equalsIgnoringCase("gruu", in: range): self = .gruu
        case 8 where input.equalsIgnoringCase("outbound", in: range): self = .outbound
        default: return nil
        }
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }
}

/// What a registrar reads of a REGISTER, found in one pass over the header fields. Values stay offsets into the message.
struct RegisterFields {
    let message: SIPMessage
    var to = ByteSlice.empty
    var callID = ByteSlice.empty
    var cseq: UInt32 = 0
    var userAgent: ByteSlice?
    /// Of the Expires field; nil when absent, an hour when malformed (RFC 3261 §20.19).
    var expires: UInt32?
    var contacts: [ByteSlice] = []
    var path: [ByteSlice] = []
    /// The Path that is stored and echoed: an edge's own first, then those of the message.
    var pathTexts: [String] = []
    var viaCount = 0
    /// Tells a retransmission from another request: a hash of the topmost Via, branch and all (RFC 3261 §17.2.3).
    var via = 0
    /// What the phone supports. Who demands an extension supports it.
    var supported: RegistrationOptions = []
    var required: RegistrationOptions = []
    /// Tags of Require that no registrar of ours knows, as written.
    var unknownTags: [String] = []

    /// - Throws: 400 for what RFC 3261 §8.1.1 has every request hold and this one lacks.
    init(_ message: SIPMessage) throws(Refusal) {
        self.message = message
        let span = unsafe message.bytes.span.bytes
        var hasCSeq = false
        for field in message.headers {
            switch field.name {
            case .via: readVia(span, field.value)
            case .to: to = field.value
            case .callID: callID = field.value
            case .cseq:
                cseq = try Self.cseqNumber(span, field.value)
                hasCSeq = true
            case .contact: Self.append(span, field.value, to: &contacts)
            case .path: Self.append(span, field.value, to: &path)
            case .supported: readSupported(span, field.value)
            case .require: readRequired(span, field.value)
            case .expires: expires = Self.seconds(span, field.value)
            case .userAgent: userAgent = field.value
            default: break
            }
        }
        if to.isEmpty { throw Refusal(400, "Missing To") }
        if callID.isEmpty { throw Refusal(400, "Missing Call-ID") }
        if !hasCSeq { throw Refusal(400, "Missing CSeq") }
        if viaCount == 0 { throw Refusal(400, "Missing Via") }
        supported.formUnion(required)
    }

    func equals(_ octets: [UInt8], in slice: ByteSlice) -> Bool {
        unsafe message.bytes.span.bytes.equals(octets, in: slice)
    }

    func equals(_ text: String, in slice: ByteSlice) -> Bool {
        unsafe message.bytes.span.bytes.equals(text, in: slice)
    }

    private mutating func readVia(_ span: RawSpan, _ value: ByteSlice) {
        var scanner = ValueScanner(value.range)
        while let element = scanner.listElement(span) {
            if viaCount == 0 {
                var hasher = Hasher()
                unsafe span.extracting(element).withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
                via = hasher.finalize()
            }
            if !element.isEmpty { viaCount += 1 }
        }
    }

    private mutating func readSupported(_ span: RawSpan, _ value: ByteSlice) {
        var scanner = ValueScanner(value.range)
        while let element = scanner.listElement(span) {
            if let option = RegistrationOptions(span, element) { supported.insert(option) }
        }
    }

    private mutating func readRequired(_ span: RawSpan, _ value: ByteSlice) {
        var scanner = ValueScanner(value.range)
        while let element = scanner.listElement(span) {
            if let option = RegistrationOptions(span, element) {
                required.insert(option)
            } else if !element.isEmpty {
                unknownTags.append(span.string(element))
            }
        }
    }

    private static func append(_ span: RawSpan, _ value: ByteSlice, to list: inout [ByteSlice]) {
        var scanner = ValueScanner(value.range)
        while let element = scanner.listElement(span) {
            if !element.isEmpty { list.append(ByteSlice(element)) }
        }
    }

    /// `1*DIGIT LWS`: the method after it was compared with the request's before it came here.
    private static func cseqNumber(_ span: RawSpan, _ value: ByteSlice) throws(Refusal) -> UInt32 {
        var scanner = ValueScanner(value.range)
        guard let number = scanner.integer(span), number < 1 << 31, let next = scanner.peek(span),
            ValueScanner.isLWS(next)
        else { throw Refusal(400, "Malformed CSeq") }
        return UInt32(truncatingIfNeeded: number)
    }

    private static func seconds(_ span: RawSpan, _ value: ByteSlice) -> UInt32 {
        var scanner = ValueScanner(value.range)
        guard let number = scanner.integer(span), scanner.isAtEnd else { return 3600 }
        return UInt32(clamping: number)
    }
}

extension RawSpan {
    /// Whether the octets of `slice` are those of `octets`.
    func equals(_ octets: [UInt8], in slice: ByteSlice) -> Bool {
        guard octets.count == slice.count else { return false }
        return unsafe extracting(slice.range).withUnsafeBytes { mine in
            unsafe octets.withUnsafeBytes { other in
                guard let left = mine.baseAddress, let right = other.baseAddress else { return true }
                return unsafe memcmp(left, right, mine.count) == 0
            }
        }
    }

    /// Whether the octets of `slice` are those of `text`.
    func equals(_ text: String, in slice: ByteSlice) -> Bool {
        var text = text
        return text.withUTF8 { other in
            guard other.count == slice.count else { return false }
            return unsafe extracting(slice.range).withUnsafeBytes { mine in
                guard let left = mine.baseAddress, let right = other.baseAddress else { return true }
                return unsafe memcmp(left, right, mine.count) == 0
            }
        }
    }
}
