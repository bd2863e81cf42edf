/// What an edge changes in a message that it sends on.
struct ForwardChange: Sendable {
    /// The new Request-URI; nil leaves it.
    var requestURI: String?
    /// How many Route values at the front have been used up.
    var droppedRoutes = 0
    /// The last Route value has become the Request-URI (RFC 3261 §16.4).
    var dropsLastRoute = false
    /// Route values to put in front, as text, in their order.
    var routes: [String] = []
    /// Record-Route values to put in front, as octets, the topmost first.
    var recordRoutes: [[UInt8]] = []
    /// A Path value to put in front (RFC 3327 §5.2).
    var path: [UInt8]?
}

/// The messages that a proxy writes.
enum EdgeMessages {
    /// A request as it goes on (RFC 3261 §16.6): our Via on top, Max-Forwards less one.
    ///
    /// - Parameters:
    ///   - via: our Via's value.
    ///   - stamp: where it came from.
    static func forward(_ request: SIPMessage, _ change: ForwardChange, via: [UInt8], stamp: ViaStamp) -> [UInt8] {
        var editor = MessageEditor(reserving: request.bytes.count + 512)
        editor.append(request.bytes[request.startLineText.range])
        editor.append(text: " ")
        if let uri = change.requestURI {
            editor.append(text: uri)
        } else {
            editor.append(request.bytes[request.requestURI.range])
        }
        editor.append(text: " SIP/2.0\r\n")
        editor.header(.via, via)
        editor.vias(of: request, stamp)
        editor.header(.maxForwards, number: forwards(of: request))
        for value in change.recordRoutes { editor.header(.recordRoute, value) }
        for value in change.routes { editor.header(.route, value) }
        if let path = change.path { editor.header(.path, path) }
        let kept = keptRoutes(request, change)
        for range in kept {
            editor.line(.route)
            editor.value(range, of: request)
            editor.endLine()
        }
        for field in request.headers {
            switch field.name {
            case .via, .maxForwards, .route, .contentLength: continue
            default: editor.copy(field, of: request)
            }
        }
        return editor.finish(bodyOf: request)
    }

    /// Without one, 70 is meant (RFC 3261 §16.6 step 3).
    private static func forwards(of request: SIPMessage) -> UInt64 {
        guard let value = request.integer(.maxForwards) else { return 70 }
        return value == 0 ? 0 : min(value, 255) - 1
    }

    private static func keptRoutes(_ request: SIPMessage, _ change: ForwardChange) -> [Range<Int>] {
        guard request.first(.route) != nil else { return [] }
        var ranges = request.values(.route).map(\.range)
        ranges.removeFirst(min(change.droppedRoutes, ranges.count))
        if change.dropsLastRoute, !ranges.isEmpty { ranges.removeLast() }
        return ranges
    }

    /// A response as it goes back (RFC 3261 §16.7 steps 3 and 9): without our Via, and with what the edge adds.
    ///
    /// - Parameter challenges: further 401 and 407 answers, whose challenges are added (§16.7 step 7).
    static func back(
        _ response: SIPMessage, status: UInt16, reason: String?, flowTimer: FlowTimerChange,
        challenges: [SIPMessage] = []
    ) -> [UInt8] {
        var editor = MessageEditor(
            status: status, reason: reason ?? response.text(response.startLineText),
            reserving: response.bytes.count + 64)
        var isTop = true
        for field in response.headers {
            switch field.name {
            case .via where isTop:
                isTop = false
                rest(ofTopVia: field, of: response, &editor)
            case .flowTimer where flowTimer != .keep: continue
            case .contentLength: continue
            default: editor.copy(field, of: response)
            }
        }
        for other in challenges where other.bytes != response.bytes {
            for field in other.headers where field.name == .wwwAuthenticate || field.name == .proxyAuthenticate {
                editor.copy(field, of: other)
            }
        }
        if case .set(let seconds) = flowTimer { editor.header(.flowTimer, number: UInt64(seconds)) }
        return editor.finish(bodyOf: response)
    }

    /// The values behind ours, where several share a line.
    private static func rest(ofTopVia field: HeaderField, of response: SIPMessage, _ editor: inout MessageEditor) {
        let span = unsafe response.bytes.span.bytes
        var scanner = ValueScanner(field.value.range)
        _ = scanner.listElement(span)
        guard scanner.at < field.value.end else { return }
        editor.line(.via)
        editor.value(MessageParser.skipBlanks(span, scanner.at..<field.value.end)..<field.value.end, of: response)
        editor.endLine()
    }

    /// ACK for a 300-699, or CANCEL, of an INVITE that we sent (RFC 3261 §9.1, §17.1.1.3): the same Request-URI, topmost
    /// Via, Route, From and Call-ID; the ACK has the response's To.
    static func companion(_ method: SIPMethod, of invite: [UInt8], answeredBy response: SIPMessage?) -> [UInt8]? {
        var request = SIPMessage()
        guard (try? unsafe MessageParser.parse(invite.span.bytes, into: &request)) != nil,
            let cseq = try? request.cseq()
        else { return nil }
        var editor = MessageEditor(reserving: 512)
        editor.append(text: "\(method.text) ")
        editor.append(request.bytes[request.requestURI.range])
        editor.append(text: " SIP/2.0\r\n")
        var hasVia = false
        for field in request.headers {
            switch field.name {
            case .via:
                if !hasVia { editor.copy(field, of: request) }
                hasVia = true
            case .to:
                if let response, let to = response.first(.to) {
                    editor.copy(to, of: response)
                } else {
                    editor.copy(field, of: request)
                }
            case .cseq: editor.header(.cseq, "\(cseq.number) \(method.text)")
            case .maxForwards, .route, .from, .callID: editor.copy(field, of: request)
            default: continue
            }
        }
        return editor.finish()
    }
}

/// What becomes of Flow-Timer in a response that passes (RFC 5626 §5.4: only the last proxy before the phone may add it).
enum FlowTimerChange: Sendable, Hashable {
    case keep
    case remove
    case set(UInt32)
}
