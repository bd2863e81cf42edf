/// A SIP message: its octets, kept once, and a table of offsets into them (RFC 3261 §7). Typed header fields decode on
/// demand. The storage can be reused from message to message, so that reading a capture does not allocate.
public struct SIPMessage: Sendable {
    /// The whole message as it was on the wire, body included; datagram octets beyond Content-Length are dropped.
    public internal(set) var bytes: [UInt8] = []
    /// 100…699 for a response; 0 for a request.
    public internal(set) var statusCode: UInt16 = 0
    /// The method of a request; for a response, that of its CSeq.
    public internal(set) var method: SIPMethod = .other
    /// The Request-URI of a request; empty for a response.
    public internal(set) var requestURI: ByteSlice = .empty
    /// The method of a request, or the reason phrase of a response.
    public internal(set) var startLineText: ByteSlice = .empty
    /// The header fields in the order of the message. A comma-separated list is one field here.
    public private(set) var headers: [HeaderField] = []
    /// Which names occur, and which do more than once: a bit for each. Most look-ups are for what is not there.
    private var names: UInt32 = 0
    private var repeatedNames: UInt32 = 0
    /// Where the first field of each name that occurs stands in `headers`; `farPlace` means there or behind.
    private var places = InlineArray<32, UInt8>(repeating: 0)
    public internal(set) var body: ByteSlice = .empty
    /// What was wrong with it, and yet could be read past: lenient parsing keeps every defect.
    public internal(set) var defects: [ParseError] = []

    public init() {}

    public var isRequest: Bool { statusCode == 0 }

    /// Whether a header field of that name is there.
    @inline(__always) func has(_ name: HeaderName) -> Bool { names & name.bit != 0 }

    /// Whether there are several header fields of that name.
    @inline(__always) func repeats(_ name: HeaderName) -> Bool { repeatedNames & name.bit != 0 }

    private static let farPlace: UInt8 = 255

    /// The index of the first header field of that name; -1 without one. A look, not a search.
    @inline(__always) func place(of name: HeaderName) -> Int {
        guard has(name) else { return -1 }
        let place = places[Int(name.rawValue)]
        return place < Self.farPlace ? Int(place) : farPlace(of: name)
    }

    @inline(never) private func farPlace(of name: HeaderName) -> Int {
        for index in Int(Self.farPlace)..<headers.count where headers[index].name == name { return index }
        return -1
    }

    @inline(__always) mutating func add(_ field: HeaderField) {
        unsafe withUnsafePointer(to: field) { unsafe add(UnsafeBufferPointer(start: $0, count: 1)) }
    }

    @unsafe @inline(__always) mutating func add(_ fields: UnsafeBufferPointer<HeaderField>) {
        let before = headers.count
        var (known, repeated) = (names, repeatedNames)
        // By index: the formatter makes one word of `for unsafe field`.
        for index in fields.indices {
            let name = unsafe fields[index].name
            repeated |= known & name.bit
            if known & name.bit == 0 {
                places[Int(name.rawValue)] = UInt8(truncatingIfNeeded: min(before &+ index, Int(Self.farPlace)))
            }
            known |= name.bit
        }
        (names, repeatedNames) = (known, repeated)
        unsafe headers.append(contentsOf: fields)
    }

    /// Gives the last header field another value, of which a further line was found.
    mutating func setLastValue(_ value: ByteSlice) {
        guard let last = headers.last else { return }
        headers[headers.count - 1] = HeaderField(name: last.name, nameText: last.nameText, value: value)
    }

    /// Makes the message empty and keeps its storage. Of its octets `keep` takes care, which must follow.
    mutating func clear() {
        headers.removeAll(keepingCapacity: true)
        names = 0
        repeatedNames = 0
        if !defects.isEmpty { defects.removeAll(keepingCapacity: true) }
        statusCode = 0
        method = .other
        requestURI = .empty
        startLineText = .empty
        body = .empty
    }

    /// Becomes a copy of another message, in its own storage.
    mutating func copy(_ other: borrowing SIPMessage) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: other.bytes)
        headers.removeAll(keepingCapacity: true)
        headers.append(contentsOf: other.headers)
        (names, repeatedNames, places) = (other.names, other.repeatedNames, other.places)
        (statusCode, method) = (other.statusCode, other.method)
        (requestURI, startLineText, body) = (other.requestURI, other.startLineText, other.body)
        if !defects.isEmpty || !other.defects.isEmpty { defects = other.defects }
    }
}

extension HeaderName {
    /// There are 32 names.
    @inline(__always) fileprivate var bit: UInt32 { 1 &<< UInt32(rawValue) }
}

/// One header field as offsets: the name as written, and the value without the blanks around it. A folded value
/// (RFC 3261 §7.3.1) keeps its line breaks.
public struct HeaderField: Sendable, Hashable {
    public let name: HeaderName
    public let nameText: ByteSlice
    public let value: ByteSlice

    @inlinable public init(name: HeaderName, nameText: ByteSlice, value: ByteSlice) {
        self.name = name
        self.nameText = nameText
        self.value = value
    }
}
