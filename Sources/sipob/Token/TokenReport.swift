import OutboundKit

/// How assessments look: a block of text, or one JSON object a line.
struct TokenReport {
    private let verbose: Bool
    private let colored: Bool
    private var writer = JSONWriter()
    private(set) var bytes: [UInt8] = []

    init(verbose: Bool, colored: Bool) {
        self.verbose = verbose
        self.colored = colored
    }

    mutating func drain() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    mutating func text(_ line: String) {
        bytes.append(text: line)
        bytes.append(ASCII.lf)
    }

    // MARK: Text

    mutating func block(
        _ input: RawSpan, _ found: FoundToken, _ result: TokenAssessment, _ direction: FlowTokenDirection?
    ) {
        text(paint(Self.shown(input, found.user), "1"))
        if let token = result.token {
            let sure = result.candidates.first { $0.format == token.format }?.confidence
            let issuer = FlowTokenFacts.of(token.format)?.issuer ?? ""
            let others = result.candidates.filter { $0.format != token.format && $0.confidence > .low }
            let perhaps = others.isEmpty ? "" : ", or " + others.map(\.format.rawValue).joined(separator: ", ")
            field("format", "\(token.format)\(perhaps) (\(issuer); \(sure?.rawValue ?? "low") confidence)")
            if let transport = token.transport { field("transport", transport.description) }
            if let local = token.local { field("local", local.description) }
            if let remote = token.remote { field("remote", remote.description) }
            for detail in token.details where verbose || token.remote == nil {
                field(String(detail.name.map { $0 == "_" ? " " : $0 }), PrintableText.of(detail.value))
            }
            field("authentic", authenticity(result))
        } else {
            field("format", "not a flow token")
        }
        if let error = result.error {
            let diagnosis = result.diagnosis.map { " (\($0))" } ?? ""
            field("error", paint(error, "31") + diagnosis)
        }
        for weakness in result.weaknesses {
            let diagnosis = weakness.diagnosis.map { " (\($0))" } ?? ""
            field(weakness.isViolation ? "WEAK" : "remark", weakness.explanation + diagnosis)
            if let advice = weakness.advice { field("", advice) }
        }
        for damage in result.damage where result.error?.contains(damage.explanation) != true {
            field("damage", damage.explanation)
        }
        if let direction { field(direction.way.rawValue, answer(direction)) }
        for hint in found.hints {
            let end = hint.address.map { " \($0)" } ?? ""
            field(
                "also",
                "\(PrintableText.of(hint.parameter))= names \(hint.transport?.description ?? "")\(end) (\(hint.issuer))"
            )
        }
        if verbose, let token = result.token { layout(token) }
        bytes.append(ASCII.lf)
    }

    private func answer(_ direction: FlowTokenDirection) -> String {
        let diagnosis = direction.diagnosis.map { " (\($0))" } ?? ""
        return "\(direction.answer.rawValue): \(direction.explanation)\(diagnosis)"
    }

    private func authenticity(_ result: TokenAssessment) -> String {
        switch result.authenticated {
        case true?: return paint("yes", "32") + ", by \(result.key ?? "")\(derivation(result))"
        case false?: return paint("no", "31") + (result.key.map { ", though \($0) fits" } ?? "")
        case nil:
            if let key = result.key { return "not proven: \(key) fits, which everybody knows" }
            let way = result.format.flatMap { FlowTokenFacts.of($0) }?.checkedWith
            return way.map { "not checked: that takes the \($0)" } ?? "cannot be checked offline"
        }
    }

    private func derivation(_ result: TokenAssessment) -> String {
        result.derivation == .sha1OfSecret ? " (SHA-1 of the secret)" : ""
    }

    private mutating func layout(_ token: FlowToken) {
        let width = token.octets.count.description.count
        func padded(_ number: Int) -> String {
            let digits = number.description
            return String(repeating: " ", count: max(0, width - digits.count)) + digits
        }
        for piece in FlowTokenCodec.layout(of: token) {
            let hex = Hex.encode(token.octets[piece.range])
            let value = PrintableText.of(piece.value)
            text("    \(padded(piece.range.lowerBound)) \(padded(piece.range.count))  \(hex)  \(piece.name): \(value)")
        }
    }

    private mutating func field(_ name: String, _ value: String) {
        text("  " + name + String(repeating: " ", count: max(1, 12 - name.count)) + value)
    }

    private func paint(_ text: String, _ code: String) -> String {
        colored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private static func shown(_ input: RawSpan, _ slice: ByteSlice) -> String {
        let cut = slice.count > 200
        let text = PrintableText.of(input.string(slice.start..<(cut ? slice.start + 200 : slice.end)))
        return slice.isEmpty ? "(no user part)" : cut ? text + "… (\(counted(slice.count, "octet")))" : text
    }

    // MARK: JSON

    mutating func json(
        _ input: RawSpan, _ found: FoundToken, _ result: TokenAssessment, _ direction: FlowTokenDirection?
    ) {
        writer.beginObject()
        writer.member("input", input.string(found.line))
        writer.member("token", input.string(found.user))
        writer.member("format", result.format?.rawValue)
        writer.key("candidates")
        writer.beginArray()
        for candidate in result.candidates {
            writer.beginObject()
            writer.member("format", candidate.format.rawValue)
            writer.member("confidence", candidate.confidence.rawValue)
            writer.endObject()
        }
        writer.endArray()
        writer.member("transport", result.token?.transport?.description)
        writer.member("local", result.token?.local?.description)
        writer.member("remote", result.token?.remote?.description)
        writer.member("authenticated", result.authenticated)
        writer.member("key", result.key)
        writer.key("weaknesses")
        writer.beginArray()
        for weakness in result.weaknesses { writer.value(weakness.rawValue) }
        writer.endArray()
        writer.member("error", result.error)
        more(found, result, direction)
        writer.endObject()
        writer.newline()
        bytes += writer.drain()
    }

    /// Members that stand only where there is something to say.
    private mutating func more(_ found: FoundToken, _ result: TokenAssessment, _ direction: FlowTokenDirection?) {
        if !result.damage.isEmpty {
            writer.key("damage")
            writer.beginArray()
            for damage in result.damage { writer.value(damage.rawValue) }
            writer.endArray()
        }
        if let direction {
            writer.key("request")
            writer.beginObject()
            writer.member("direction", direction.way.rawValue)
            writer.member("answer", direction.answer.rawValue)
            writer.member("message", direction.explanation)
            writer.member("diagnosis", direction.diagnosis?.text)
            writer.endObject()
        }
        if !found.hints.isEmpty {
            writer.key("hints")
            writer.beginArray()
            for hint in found.hints {
                writer.beginObject()
                writer.member("parameter", hint.parameter)
                writer.member("issuer", hint.issuer)
                writer.member("transport", hint.transport?.description)
                writer.member("address", hint.address?.description)
                writer.endObject()
            }
            writer.endArray()
        }
        guard verbose, let token = result.token else { return }
        writer.key("octets")
        writer.beginArray()
        for piece in FlowTokenCodec.layout(of: token) {
            writer.beginObject()
            writer.member("offset", piece.range.lowerBound)
            writer.member("hex", Hex.encode(token.octets[piece.range]))
            writer.member("name", piece.name)
            writer.member("value", piece.value)
            writer.endObject()
        }
        writer.endArray()
    }
}
