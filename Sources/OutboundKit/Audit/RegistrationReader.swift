/// What keep-alive judgement needs of a REGISTER and of its 2xx, read from a message. Nothing is made for a refresh
/// that repeats what was said before, and of nearly all other messages only the places of words in their octets.
enum RegistrationReader {
    // MARK: Which request, and which words

    /// Call-ID and CSeq number: equal on all hops of a request, and in its responses.
    static func transactionKey(_ message: SIPMessage) -> Int {
        var hash = OctetHash()
        combine(.callID, of: message, into: &hash)
        combine(.cseq, of: message, into: &hash)
        return hash.value
    }

    /// The same with the branch of the topmost Via: what on one hop pairs a response with its request, and tells a
    /// retransmission from another request that has the same numbers (RFC 3261 §17.1.3, §17.2.3).
    static func requestKey(_ message: SIPMessage) -> Int {
        let numbers = transactionKey(message)
        let place = message.place(of: .via)
        guard place >= 0 else { return numbers }
        var hash = OctetHash()
        hash.combine(UInt64(bitPattern: Int64(numbers)))
        let via = message.headers[place].value
        let span = unsafe message.bytes.span.bytes
        let parameter = span.place(ofParameter: "branch=", from: via.start, to: via.end)
        guard parameter >= 0 else {
            // With blanks in it, or from times before RFC 3261.
            guard let branch = (try? message.topVia())?.branch else { return hash.value }
            let octets = Array(branch.utf8)
            unsafe hash.combine(octets.span.bytes, 0..<octets.count)
            return hash.value
        }
        let start = parameter + 8
        // A token: what follows it begins with one of these.
        var end = span.place(of: ASCII.semicolon, from: start, to: via.end)
        if end < 0 { end = via.end }
        let comma = span.place(of: ASCII.comma, from: start, to: end)
        if comma >= 0 { end = comma }
        while end > start, ValueScanner.isLWS(span.octet(end - 1)) { end -= 1 }
        hash.combine(span, start..<end)
        return hash.value
    }

    /// Call-ID alone; never 0.
    static func callIDKey(_ message: SIPMessage) -> UInt32 {
        var hash = OctetHash()
        combine(.callID, of: message, into: &hash)
        return UInt32(truncatingIfNeeded: hash.value) | 1
    }

    /// The same with the topmost Via: equal on both sides of a NAT or relay, different behind a proxy.
    static func requestIdentity(_ message: SIPMessage, transactionKey: Int) -> Int {
        var hash = OctetHash()
        hash.combine(UInt64(bitPattern: Int64(transactionKey)))
        combine(.via, of: message, into: &hash)
        return hash.value
    }

    /// Equal for REGISTERs that ask for the same binding in the same words.
    static func requestSignature(_ message: SIPMessage) -> Int {
        var hash = OctetHash()
        combineAll(.contact, of: message, into: &hash)
        combineAll(.supported, of: message, into: &hash)
        combineAll(.to, of: message, into: &hash)
        return hash.value
    }

    /// The same with what the request demands of registrar and proxies, which a refusal may ask to leave out (RFC 3261
    /// §8.1.3.5), and with its part of a security agreement (RFC 3329 §2.2). Nearly all demand nothing.
    static func demandSignature(_ message: SIPMessage, signature: Int) -> Int {
        guard message.has(.require) || message.has(.proxyRequire) else { return signature }
        var hash = OctetHash()
        hash.combine(UInt64(bitPattern: Int64(signature)))
        combineAll(.require, of: message, into: &hash)
        combineAll(.proxyRequire, of: message, into: &hash)
        let span = unsafe message.bytes.span.bytes
        for field in message.headers
        where field.name == .other && span.equalsIgnoringCase("security-verify", in: field.nameText.range) {
            hash.combine(span, field.value.range)
        }
        return hash.value
    }

    /// Equal for REGISTERs that differ in nothing but CSeq, Via and credentials.
    static func wordsKey(_ message: SIPMessage) -> Int {
        var hash = OctetHash()
        let span = unsafe message.bytes.span.bytes
        hash.combine(span, message.requestURI.range)
        for field in message.headers {
            switch field.name {
            case .via, .cseq, .authorization, .proxyAuthorization, .maxForwards: continue
            default:
                hash.combine(span, field.nameText.range)
                hash.combine(span, field.value.range)
            }
        }
        return hash.value
    }

    /// Equal for requests whose credentials answer the same challenge, by the nonces in them; 0 for none.
    static func nonceKey(_ message: SIPMessage) -> Int {
        guard message.has(.authorization) || message.has(.proxyAuthorization) else { return 0 }
        var hash = OctetHash()
        let span = unsafe message.bytes.span.bytes
        let name: StaticString = "nonce="
        for field in message.headers where field.name == .authorization || field.name == .proxyAuthorization {
            var at = field.value.start
            while at + name.utf8CodeUnitCount < field.value.end {
                let isWord = at == field.value.start || !ASCII.isToken(span.octet(at - 1))
                if isWord, span.equalsIgnoringCase(name, in: at..<at + name.utf8CodeUnitCount) { break }
                at += 1
            }
            let start = min(at + name.utf8CodeUnitCount, field.value.end)
            let end = span.firstOffset(of: ASCII.comma, in: start..<field.value.end) ?? field.value.end
            hash.combine(span, start..<end)
        }
        return hash.value
    }

    /// Equal for 2xx responses that list the same bindings with the same lifetimes.
    static func responseSignature(_ message: SIPMessage) -> Int {
        var hash = OctetHash()
        combineAll(.contact, of: message, into: &hash)
        combineAll(.expires, of: message, into: &hash)
        return hash.value
    }

    /// Takes the first field of that name.
    @inline(__always)
    private static func combine(_ name: HeaderName, of message: SIPMessage, into hash: inout OctetHash) {
        let place = message.place(of: name)
        if place >= 0 { unsafe hash.combine(message.bytes.span.bytes, message.headers[place].value.range) }
    }

    /// Takes all fields of that name, and the name, so that no value passes for one of the next name.
    @inline(__always)
    static func combineAll(_ name: HeaderName, of message: SIPMessage, into hash: inout OctetHash) {
        combine(name, of: message, into: &hash)
        if message.repeats(name) {
            let span = unsafe message.bytes.span.bytes
            for index in message.place(of: name) + 1..<message.headers.count where message.headers[index].name == name {
                hash.combine(span, message.headers[index].value.range)
            }
        }
        hash.combine(UInt64(name.rawValue))
    }

    // MARK: Who registers

    /// Decodes a REGISTER whose words are new. nil when it has no readable To.
    static func registration(
        _ message: SIPMessage, signature: Int, _ pool: inout RegistrationPool
    ) -> FlowRegistration? {
        if let plain = PlainContact(message), let aor = plainAddressOfRecord(message) {
            let octets = message.bytes
            let span = unsafe octets.span.bytes
            let user = RegistrationWords.Surroundings.user(span, aor)
            let words = RegistrationWords(
                span, aor: aor, user: user, instance: plain.instance.map { bareURN(span, $0) }, regID: plain.regID,
                contactKey: plain.instance == nil ? contactKey(message, plain.uri) : 0, contactOB: plain.hasOB,
                contactExpires: plain.expires, contactPlace: RegistrationContact.place(span, uri: plain.uri),
                options(message, pool.common(of: message, span, aor: aor, user: user)))
            return FlowRegistration(words, signature: signature)
        }
        guard let aor = addressOfRecord(message) else { return nil }
        let contacts = RegistrationContact.all(message)
        let contact = own(of: contacts, message)
        var octets = Array(aor.utf8)
        func place(_ text: String?) -> Range<Int>? {
            guard let text else { return nil }
            octets.append(text: text)
            return octets.count - text.utf8.count..<octets.count
        }
        let instance = place(contact?.instance)
        let regID = place(contact?.regID)
        let span = unsafe octets.span.bytes
        let all = 0..<aor.utf8.count
        let user = RegistrationWords.Surroundings.user(span, all)
        var options = options(message, pool.common(of: message, span, aor: all, user: user))
        options.contactIsUnread = regID == nil && contacts.contains { !$0.isReadable }
        let words = RegistrationWords(
            span, aor: all, user: user, instance: instance, regID: regID,
            contactKey: instance == nil ? contact.map { contactKey(message, $0.uri) } ?? 0 : 0,
            contactOB: contact?.hasOB ?? false, contactExpires: contactExpires(message),
            contactPlace: contact?.place ?? 0, options)
        return FlowRegistration(words, signature: signature)
    }

    /// Whether a REGISTER names all bindings of its AOR by `Contact: *` (RFC 3261 §10.2.2). A display name may begin with
    /// that octet, too.
    static func isForAll(_ message: SIPMessage) -> Bool {
        guard let value = message.first(.contact)?.value.range else { return false }
        let span = unsafe message.bytes.span.bytes
        guard span.octetIfPresent(value.lowerBound) == ASCII.star else { return false }
        var scanner = ValueScanner(value.lowerBound + 1..<value.upperBound)
        scanner.skipBlanks(span)
        return scanner.peek(span).map { $0 == ASCII.semicolon || $0 == ASCII.comma } ?? true
    }

    /// Stands for a Contact's URI, which names a binding where no instance-id does (RFC 3261 §10.3); never 0. Octets are
    /// compared: who removes a binding writes it as before.
    private static func contactKey(_ message: SIPMessage, _ uri: Range<Int>) -> Int {
        var hash = OctetHash()
        unsafe hash.combine(message.bytes.span.bytes, uri)
        return hash.value | 1
    }

    /// Whether the request answers a challenge. IMS phones name themselves in an Authorization before there is one, with an
    /// empty nonce (3GPP TS 24.229).
    private static func answersChallenge(_ message: SIPMessage) -> Bool {
        if message.has(.proxyAuthorization) { return true }
        guard let value = message.first(.authorization)?.value.range else { return false }
        let span = unsafe message.bytes.span.bytes
        let name: StaticString = "nonce=\"\""
        var at = value.lowerBound
        while let equals = span.firstOffset(of: ASCII.equal, in: at..<value.upperBound) {
            at = equals + 1
            let start = equals - 5
            guard start > value.lowerBound, start + name.utf8CodeUnitCount <= value.upperBound,
                !ASCII.isToken(span.octet(start - 1))
            else { continue }
            if span.equalsIgnoringCase(name, in: start..<start + name.utf8CodeUnitCount) { return false }
        }
        return true
    }

    private static func options(
        _ message: SIPMessage, _ common: Shared<RegistrationWords.Common>
    ) -> RegistrationWords.Options {
        var (outbound, path) = (false, false)
        message.forEachValue(.supported) { span, tag in
            if span.equalsIgnoringCase("outbound", in: tag) { outbound = true }
            if span.equalsIgnoringCase("path", in: tag) { path = true }
        }
        return RegistrationWords.Options(
            common: common, supportsOutbound: outbound, supportsPath: path,
            wasChallenged: answersChallenge(message))
    }

    /// The URI of To: scheme, user and host, or all of one of another scheme.
    static func addressOfRecord(_ message: SIPMessage) -> String? {
        if let plain = plainAddressOfRecord(message) { return message.text(ByteSlice(plain)) }
        guard let to = try? message.nameAddrs(.to).first else { return nil }
        if case .other = to.uri.scheme { return to.uri.description }
        return "\(to.uri.scheme):" + (to.uri.user.map { $0 + "@" } ?? "") + to.uri.host
    }

    /// Where it stands, when To is a plain `<sip:user@host>`.
    private static func plainAddressOfRecord(_ message: SIPMessage) -> Range<Int>? {
        guard let value = message.first(.to)?.value.range, value.count > 2 else { return nil }
        let span = unsafe message.bytes.span.bytes
        let uri = value.lowerBound + 1..<value.upperBound - 1
        guard span.octet(value.lowerBound) == ASCII.less, span.octet(uri.upperBound) == ASCII.greater,
            PlainContact.plainURI(span, uri) != nil, span.firstOffset(of: ASCII.semicolon, in: uri) == nil,
            span.firstOffset(of: ASCII.colon, in: uri.lowerBound + 4..<uri.upperBound) == nil
        else { return nil }
        return uri
    }

    /// The URN without quotes and angle brackets; those that are missing are not missed here.
    static func bareURN(_ span: RawSpan, _ value: Range<Int>) -> Range<Int> {
        var (start, end) = (value.lowerBound, value.upperBound)
        for (open, close) in [(ASCII.quote, ASCII.quote), (ASCII.less, ASCII.greater)] {
            if start < end, span.octet(start) == open { start += 1 }
            if start < end, span.octet(end - 1) == close { end -= 1 }
        }
        return start..<end
    }

    // MARK: Lifetimes

    /// Which of a REGISTER's Contacts it is for: the first that it does not remove. Phones take away the contact of before a
    /// NAT's answer in the REGISTER that brings the new one. The Expires header field is for all those without `expires`
    /// (RFC 3261 §10.2.1.1).
    private static func own(of contacts: [RegistrationContact], _ message: SIPMessage) -> RegistrationContact? {
        let header = message.integer(.expires)
        let kept = contacts.filter { ($0.expires ?? header) != 0 }
        return kept.first(where: \.isReadable) ?? kept.first ?? contacts.first
    }

    /// The lifetime that a REGISTER asks for by its Contact's `expires`; 0 for `*`. Without one the Expires header field
    /// tells it.
    static func contactExpires(_ message: SIPMessage) -> UInt64? {
        let place = message.place(of: .contact)
        guard place >= 0 else { return nil }
        let value = message.headers[place].value
        let span = unsafe message.bytes.span.bytes
        if !value.isEmpty, span.octet(value.start) == ASCII.star, isForAll(message) { return 0 }
        guard message.repeats(.contact) || mayHave("expires", span, value) else { return nil }
        if let own = PlainContact(message) { return own.expires }
        return own(of: RegistrationContact.all(message), message)?.expires
    }

    /// Whether a value may have a parameter of that name: true also where blanks behind a semicolon leave it open, which
    /// is for a parser to tell.
    private static func mayHave(_ name: StaticString, _ span: RawSpan, _ value: ByteSlice) -> Bool {
        if span.place(ofParameter: name, from: value.start, to: value.end) >= 0 { return true }
        var at = value.start
        while let semicolon = span.firstOffset(of: ASCII.semicolon, in: at..<value.end) {
            at = semicolon + 1
            if at < value.end, ValueScanner.isLWS(span.octet(at)) { return true }
        }
        return false
    }

    // MARK: Signs of keep-alive support

    /// Whether a Path value has the URI parameter `ob`. Read off the octets, since every 2xx is asked: the parameter
    /// stands behind the host and before the closing bracket.
    static func pathHasOB(_ message: SIPMessage) -> Bool {
        let first = message.place(of: .path)
        guard first >= 0 else { return false }
        if hasOB(message, message.headers[first].value) { return true }
        guard message.repeats(.path) else { return false }
        return message.headers[(first + 1)...].contains { $0.name == .path && hasOB(message, $0.value) }
    }

    private static func hasOB(_ message: SIPMessage, _ value: ByteSlice) -> Bool {
        let span = unsafe message.bytes.span.bytes
        var at = value.start
        while true {
            at = span.place(ofParameter: "ob", from: at, to: value.end)
            guard at >= 0 else { return false }
            at += 3
            let isWhole = at == value.end || !(ASCII.isToken(span.octet(at)) || span.octet(at) == ASCII.at)
            guard isWhole else { continue }
            // Inside the brackets, and not in a user part: the closing bracket comes first. What comes first is the same
            // for all parameters before it.
            while at < value.end, !endsParameters(span.octet(at)) { at += 1 }
            if at == value.end { return false }
            if span.octet(at) == ASCII.greater {
                // A display name in quotes may look like all of that.
                return span.firstOffset(of: ASCII.quote, in: value.range) == nil
                    || message.values(.path).contains { value in
                        (try? NameAddr.parse(message.text(value)))?.uri.hasParameter("ob") ?? false
                    }
            }
        }
    }

    private static func endsParameters(_ octet: UInt8) -> Bool {
        octet == ASCII.greater || octet == ASCII.less || octet == ASCII.at
    }

    /// Whether a response within a dialog that it may open agrees on keep-alives for it (RFC 6223 §4.2.3): a number in `keep`
    /// of the request's own Via.
    static func offersKeepAlive(_ message: borrowing SIPMessage) -> Bool {
        guard message.method == .invite || message.method == .subscribe, 101..<300 ~= message.statusCode else {
            return false
        }
        return keep(message) != nil
    }

    /// The number of `keep` in the topmost Via of a response; nil without a number.
    static func keep(_ message: SIPMessage) -> UInt64? {
        let place = message.place(of: .via)
        guard place >= 0 else { return nil }
        let via = message.headers[place].value
        let span = unsafe message.bytes.span.bytes
        guard mayHave("keep", span, via),
            case .value(let text)? = (try? message.topVia())?.keep
        else { return nil }
        return UInt64(text)
    }
}
