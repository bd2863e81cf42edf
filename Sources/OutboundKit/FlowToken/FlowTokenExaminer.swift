/// All that can be said about one user part.
public struct TokenAssessment: Sendable {
    /// The issuers that the layout allows, the best first; the one whose code holds, where a key fits.
    public internal(set) var candidates: [TokenCandidate] = []
    /// The token under its most likely issuer; nil for what is no flow token as far as can be told.
    public internal(set) var token: FlowToken?
    /// True when the code holds under one of the operator's keys and the issuer takes the token as it stands; false
    /// when the code was tried and does not; nil when nobody can tell.
    public internal(set) var authenticated: Bool?
    /// The name of the key that fits, which may be one that everybody knows.
    public internal(set) var key: String?
    public internal(set) var derivation: KeyDerivation?
    public internal(set) var weaknesses: [TokenWeakness] = []
    public internal(set) var damage: [TokenDamage] = []
    /// Why the token is none, or why its issuer refuses it.
    public internal(set) var error: String?

    public var format: FlowTokenFormat? { token?.format }

    /// Something about it breaks RFC 5626 §5.2, or it arrived damaged, or its code does not hold.
    public var isViolation: Bool {
        authenticated == false || weaknesses.contains(where: \.isViolation)
            || damage.contains { damage in format.map { damage.isRefused(by: $0) } ?? true }
    }
}

/// Reads user parts as flow tokens and tries the operator's keys on them. Keeps hash states between calls: not for two
/// tasks at once.
public final class FlowTokenExaminer {
    private let ring: FlowTokenKeyRing
    private let flow: Flow?

    /// - Parameter flow: the flow to test against tokens that hold nothing but a code (`sipplane`).
    public init(keys: FlowTokenKeyRing, flow: Flow? = nil) {
        ring = keys
        self.flow = flow
    }

    /// Everything about `text`, the raw user part of a URI or a bare token.
    public func examine(_ text: RawSpan, context: TokenContext = .bare) -> TokenAssessment {
        guard 0 < text.byteCount, text.byteCount <= FlowTokenCodec.longestText else {
            var nothing = TokenAssessment()
            nothing.error =
                text.byteCount == 0
                ? "empty text" : "longer than any flow token (\(FlowTokenCodec.longestText) characters)"
            return nothing
        }
        let asSent = assess(text, context)
        if asSent.token != nil { return asSent }
        if let plain = TokenDamage.percentDecoded(text), plain.count > 0 {
            var repaired = unsafe assess(plain.span.bytes, context)
            if repaired.token != nil {
                repaired.damage.insert(.percentEncoded, at: 0)
                settle(&repaired)
                return repaired
            }
        }
        return asSent
    }

    private func assess(_ text: RawSpan, _ context: TokenContext) -> TokenAssessment {
        var result = TokenAssessment()
        result.candidates = TokenDetector.candidates(text, context: context)
        if let match = match(text, result.candidates) {
            result.token = match.token
            result.key = match.name
            result.derivation = match.derivation
            result.candidates = [TokenCandidate(format: match.token.format, confidence: .high, token: match.token)]
            result.authenticated = match.derivation.isPublic ? (ring.isEmpty ? nil : false) : true
            switch match.derivation {
            case .sha1OfNothing: result.weaknesses.append(.secretIgnored)
            case .manualExample: result.weaknesses.append(.exampleSecret)
            case .raw, .sha1OfSecret:
                if match.keyLength < 16 { result.weaknesses.append(.shortKey) }
            }
        } else if let best = result.candidates.first, !best.isShapeOnly {
            result.token = best.token
            if !ring.isEmpty, hasCode(best.token) { result.authenticated = false }
        }
        if let token = result.token {
            result.damage = TokenDamage.inSpelling(of: token)
            if token.format == .resiprocate, Self.hasForeign(text) { result.damage.append(.foreignCharacters) }
            if result.key == nil, token.spelling != nil, TokenDamage.looksFolded(text) {
                result.damage.append(.caseFolded)
            }
            result.weaknesses += TokenWeakness.inFields(of: token, context: context)
            settle(&result)
        } else {
            explainNothing(&result, text, context)
        }
        return result
    }

    private static func hasForeign(_ text: RawSpan) -> Bool {
        (0..<text.byteCount).contains {
            let octet = text.octet($0)
            return !Base64.isLetter(octet) && octet != ASCII.equal && octet != ASCII.dot
        }
    }

    /// Formats with a code that a key alone can check.
    private func hasCode(_ token: FlowToken) -> Bool {
        switch token.format {
        case .kamailio, .flexisip, .rfc5626, .resiprocate, .restcomm, .liberty, .nodeSIP: true
        case .sipplane: flow != nil
        case .oversipUDP, .oversipConnection, .bono, .nksip, .kamailioGo, .siphon: false
        }
    }

    /// Brings verdict, weaknesses and error in step with the damage.
    private func settle(_ result: inout TokenAssessment) {
        guard let token = result.token else { return }
        let refused = result.damage.filter { $0.isRefused(by: token.format) }
        if result.damage.contains(.notCanonical), !refused.contains(.notCanonical),
            !result.weaknesses.contains(.notCanonical)
        {
            result.weaknesses.append(.notCanonical)
        }
        if !refused.isEmpty {
            let what = refused.map(\.explanation).joined(separator: "; ")
            let holds = result.authenticated == true || result.key != nil
            result.error = "\(token.format) refuses it: \(what)" + (holds ? "; the code holds once that is undone" : "")
            if result.authenticated == true { result.authenticated = false }
        } else if result.authenticated == false {
            result.error =
                result.derivation?.isPublic == true
                ? isGiven(result.derivation)
                    ? "the code holds under the key given, and everybody knows that key: it proves nothing"
                    : "the code holds under a key that everybody knows, and under none of the keys given"
                : result.weaknesses.contains(.unreadableByIssuer)
                    ? TokenWeakness.unreadableByIssuer.explanation
                    : "the code fits none of the keys given: changed on its way, or of another node or process"
        }
    }

    /// Whether one of the operator's keys is the published one.
    private func isGiven(_ derivation: KeyDerivation?) -> Bool {
        let known = ring.published.filter { $0.derivation == derivation }.map(\.key.octets)
        return ring.entries.contains {
            known.contains($0.raw.octets) || $0.derived.map { known.contains($0.octets) } == true
        }
    }

    /// Says what stands in the way, where the text comes close to a token.
    private func explainNothing(_ result: inout TokenAssessment, _ text: RawSpan, _ context: TokenContext) {
        var octets: [UInt8] = []
        let spelling = Base64.decode(text, in: 0..<text.byteCount, into: &octets)
        if spelling != nil, BinaryFlowLayout.isLength(octets.count), TokenDamage.looksFolded(text) {
            result.damage = [.caseFolded]
            result.error = "the size of a flow token, but " + TokenDamage.caseFolded.explanation
        } else if isFront(octets, of: context) {
            result.damage = [.truncated]
            result.error = "begins as a flow token of the URI's own host, but " + TokenDamage.truncated.explanation
        } else if octets.count == 35, 0x81...0x86 ~= octets[10] || 1...6 ~= octets[10] {
            result.error =
                "35 octets: perhaps Kamailio 6 behind a balancer of the other address family, which writes such tokens "
                + "and cannot read them"
        } else if result.candidates.isEmpty {
            result.error = "no known flow token"
        } else {
            let names = result.candidates.map(\.format.rawValue).joined(separator: " or ")
            result.error = "nothing but its length speaks for a flow token (\(names))"
        }
    }

    /// Whether the octets are a binary token's front whose local end is the URI's host and port.
    private func isFront(_ octets: [UInt8], of context: TokenContext) -> Bool {
        guard octets.count >= 17, let address = context.address else { return false }
        let v6 = octets[10] & 0x80 != 0 || octets.count > BinaryFlowLayout.v4Count
        let size = v6 ? 16 : 4
        guard octets.count >= 13 + size, octets.count < (v6 ? BinaryFlowLayout.v6Count : BinaryFlowLayout.v4Count)
        else {
            return false
        }
        return unsafe octets.span.bytes.transportAddress(11, size: size) == address
    }

    // MARK: Keys

    private struct Match {
        let token: FlowToken
        let name: String
        let derivation: KeyDerivation
        let keyLength: Int
    }

    /// The first of the operator's keys that fits under any layout that the text allows, then the published ones. A key
    /// settles what detection leaves open, so layouts without a candidate are tried as well.
    private func match(_ text: RawSpan, _ candidates: [TokenCandidate]) -> Match? {
        let readings = readings(text, candidates)
        func isPublished(_ key: EffectiveKey) -> Bool { ring.published.contains { $0.key.octets == key.octets } }
        for reading in readings {
            for entry in ring.entries {
                if !isPublished(entry.raw), FlowTokenCodec.verify(reading, with: entry.raw, flow: flow) == true {
                    return Match(
                        token: reading, name: entry.key.name, derivation: .raw, keyLength: entry.key.octets.count)
                }
                if reading.format == .kamailio, let derived = entry.derived, !isPublished(derived),
                    FlowTokenCodec.verify(reading, with: derived) == true
                {
                    return Match(
                        token: reading, name: entry.key.name, derivation: .sha1OfSecret,
                        keyLength: entry.key.octets.count)
                }
            }
        }
        for reading in readings where reading.format == .kamailio {
            for (derivation, key) in ring.published where FlowTokenCodec.verify(reading, with: key) == true {
                return Match(
                    token: reading, name: FlowTokenKeyRing.name(of: derivation), derivation: derivation,
                    keyLength: key.octets.count)
            }
        }
        return nil
    }

    /// The keyed layouts that the text allows.
    private func readings(_ text: RawSpan, _ candidates: [TokenCandidate]) -> [FlowToken] {
        var octets: [UInt8] = []
        guard let spelling = Base64.decode(text, in: 0..<text.byteCount, into: &octets) else {
            return candidates.map(\.token)
        }
        var readings: [FlowToken] = []
        if BinaryFlowLayout.isLength(octets.count) {
            readings = [
                KamailioToken.read(octets, spelling: spelling), FlexisipToken.read(octets, spelling: spelling),
                RFC5626Token.read(octets, spelling: spelling),
            ]
        } else if octets.count == 24 || octets.count == 48 {
            readings = [RFC5626Token.read(octets, spelling: spelling)]
        }
        return candidates.map(\.token).filter { token in !readings.contains { $0.format == token.format } } + readings
    }
}
