/// What a server adds to the topmost Via of a request, made once for each flow.
struct ViaStamp: Sendable {
    /// `;received=…` (RFC 3261 §18.2.1; RFC 3581 §4 wants it even when it says nothing new).
    let received: [UInt8]
    /// `=port`, for an empty `rport`.
    let rport: [UInt8]

    init(_ source: TransportAddress) {
        received = Array(";received=\(source.ip)".utf8)
        rport = Array("=\(source.port)".utf8)
    }
}

/// Writes messages from pieces of a received one, octets to octets: answers, and what a proxy sends on (RFC 3261 §8.2.6,
/// §16.6, §16.7). What is not touched stays as the peer wrote it.
struct MessageEditor: Sendable {
    private(set) var octets: [UInt8] = []

    init(reserving count: Int) {
        octets.reserveCapacity(count)
    }

    /// `SIP/2.0 code reason`.
    init(status: UInt16, reason: String, reserving count: Int = 640) {
        octets.reserveCapacity(count)
        octets.append(text: "SIP/2.0 ")
        append(number: UInt64(status))
        octets.append(ASCII.space)
        octets.append(text: reason)
        endLine()
    }

    /// The status line, and what RFC 3261 §8.2.6.2 has a response copy: Via, From, To, Call-ID, CSeq.
    ///
    /// - Parameters:
    ///   - stamp: where the request came from.
    ///   - toTag: appended to a To without a tag; nil for 100.
    init(status: UInt16, reason: String, to request: SIPMessage, stamp: ViaStamp, toTag: UInt64?) {
        self.init(status: status, reason: reason, reserving: request.bytes.count + 320)
        vias(of: request, stamp)
        for index in request.headers.indices {
            let field = request.headers[index]
            switch field.name {
            case .from, .callID, .cseq: copy(field, of: request)
            case .to:
                line(.to)
                value(field.value, of: request)
                if let toTag, !request.hasTag(field.value) {
                    octets.append(text: ";tag=")
                    append(hex: toTag)
                }
                endLine()
            default: break
            }
        }
    }

    // MARK: Pieces

    mutating func line(_ name: HeaderName) {
        name.text.withUTF8Buffer { unsafe octets.append(contentsOf: $0) }
        octets.append(ASCII.colon)
        octets.append(ASCII.space)
    }

    mutating func endLine() {
        octets.append(ASCII.cr)
        octets.append(ASCII.lf)
    }

    /// A whole field. `value` is ours and holds no line break.
    mutating func header(_ name: HeaderName, _ value: String) {
        line(name)
        octets.append(text: value)
        endLine()
    }

    mutating func header(_ name: HeaderName, _ value: [UInt8]) {
        line(name)
        octets.append(contentsOf: value)
        endLine()
    }

    mutating func header(_ name: HeaderName, number: UInt64) {
        line(name)
        append(number: number)
        endLine()
    }

    mutating func append(text: String) { octets.append(text: text) }
    mutating func append(_ more: some Collection<UInt8>) { octets.append(contentsOf: more) }
    mutating func append(fieldsOf answer: RegistrarAnswer) { answer.append(to: &octets) }

    mutating func append(number: UInt64) {
        var digits = [20 of UInt8](repeating: 0)
        var count = 0
        var rest = number
        repeat {
            digits[count] = ASCII.zero + UInt8(rest % 10)
            count += 1
            rest /= 10
        } while rest > 0
        for index in 0..<count { octets.append(digits[count - 1 - index]) }
    }

    mutating func append(hex number: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift) & 15)
            octets.append(digit < 10 ? ASCII.zero + digit : 0x57 + digit)
        }
    }

    /// One field as it was, under its long name when we know it.
    mutating func copy(_ field: HeaderField, of message: SIPMessage) {
        if field.name == .other {
            octets.append(contentsOf: message.bytes[field.nameText.range])
            octets.append(ASCII.colon)
            octets.append(ASCII.space)
        } else {
            line(field.name)
        }
        value(field.value, of: message)
        endLine()
    }

    /// A piece of a value. Line breaks and NULs become blanks: folds mean the same so (RFC 3261 §7.3.1), and a CR alone
    /// could split the message that we write.
    mutating func value(_ slice: ByteSlice, of message: SIPMessage) {
        value(slice.range, of: message)
    }

    mutating func value(_ range: Range<Int>, of message: SIPMessage) {
        let span = unsafe message.bytes.span.bytes
        let start = octets.count
        octets.append(contentsOf: message.bytes[range])
        guard
            span.firstOffset(of: ASCII.cr, in: range) != nil || span.firstOffset(of: ASCII.lf, in: range) != nil
                || span.firstOffset(of: ASCII.nul, in: range) != nil
        else { return }
        for index in start..<octets.count {
            switch octets[index] {
            case ASCII.cr, ASCII.lf, ASCII.nul: octets[index] = ASCII.space
            default: break
            }
        }
    }

    /// The empty line and the body; Content-Length is written here.
    consuming func finish(bodyOf message: SIPMessage) -> [UInt8] {
        header(.contentLength, number: UInt64(message.body.count))
        endLine()
        octets.append(contentsOf: message.bytes[message.body.range])
        return octets
    }

    consuming func finish() -> [UInt8] {
        octets.append(text: "Content-Length: 0\r\n\r\n")
        return octets
    }

    // MARK: Via

    /// All Via values, the topmost with `received` and `rport`.
    mutating func vias(of request: SIPMessage, _ stamp: ViaStamp) {
        var isTop = true
        for index in request.headers.indices where request.headers[index].name == .via {
            let field = request.headers[index]
            line(.via)
            if isTop {
                topVia(field.value.range, of: request, stamp)
                isTop = false
            } else {
                value(field.value, of: request)
            }
            endLine()
        }
    }

    /// The Via field in `range`, whose first value gets `received`, and the port where its `rport` is empty
    /// (RFC 3581 §4). A `received` that the sender wrote itself is dropped.
    private mutating func topVia(_ range: Range<Int>, of request: SIPMessage, _ stamp: ViaStamp) {
        let span = unsafe request.bytes.span.bytes
        var scanner = ValueScanner(range)
        let top = scanner.listElement(span) ?? range
        var at = top.lowerBound
        var piece = at
        var isFirst = true
        while at <= top.upperBound {
            if at == top.upperBound || span.octet(at) == ASCII.semicolon {
                append(viaPiece: piece..<at, isFirst: isFirst, of: request, stamp)
                isFirst = false
                piece = at + 1
            } else if span.octet(at) == ASCII.quote {
                at += 1
                while at < top.upperBound, span.octet(at) != ASCII.quote {
                    at += span.octet(at) == ASCII.backslash ? 2 : 1
                }
                if at >= top.upperBound {
                    at = top.upperBound
                    continue
                }
            }
            at += 1
        }
        octets.append(contentsOf: stamp.received)
        guard scanner.at < range.upperBound else { return }
        octets.append(ASCII.comma)
        octets.append(ASCII.space)
        value(MessageParser.skipBlanks(span, scanner.at..<range.upperBound)..<range.upperBound, of: request)
    }

    private mutating func append(viaPiece piece: Range<Int>, isFirst: Bool, of request: SIPMessage, _ stamp: ViaStamp) {
        if isFirst {
            value(piece, of: request)
            return
        }
        let span = unsafe request.bytes.span.bytes
        var start = piece.lowerBound
        while start < piece.upperBound, ValueScanner.isLWS(span.octet(start)) { start += 1 }
        var end = start
        while end < piece.upperBound, ASCII.isToken(span.octet(end)) { end += 1 }
        if span.equalsIgnoringCase("received", in: start..<end) { return }
        octets.append(ASCII.semicolon)
        if span.equalsIgnoringCase("rport", in: start..<end) {
            octets.append(text: "rport")
            octets.append(contentsOf: stamp.rport)
        } else {
            value(start..<piece.upperBound, of: request)
        }
    }
}
