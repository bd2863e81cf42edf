import ArgumentParser
import Glibc
import OutboundKit

/// What `decode` and `verify` share: find tokens in the inputs, assess them, print, and keep the exit status.
struct TokenReading {
    enum Style {
        /// A block of lines a token.
        case block
        /// A line of columns a token.
        case line
        /// The verdict alone.
        case verdict
        case json
    }

    let examiner: FlowTokenExaminer
    let source: TransportAddress?
    let verifying: Bool
    let verbose: Bool
    let style: Style
    var report: TokenReport
    var lines: FlowTokenLines
    private(set) var tokens = 0
    private(set) var violations = 0
    private(set) var unproven = 0
    private(set) var withoutToken = 0
    /// Words that were looked at and shown, whatever they turned out to be.
    private var shown = 0
    private var gone = false

    init(ring: FlowTokenKeyRing, options: TokenReadingOptions, output: OutputOptions, verifying: Bool, lines: Bool) {
        examiner = FlowTokenExaminer(keys: ring, flow: options.flow)
        source = options.from
        self.verifying = verifying
        verbose = output.verbose
        style =
            output.json
            ? .json : output.quiet ? .verdict : lines && !output.verbose && options.from == nil ? .line : .block
        report = TokenReport(verbose: output.verbose, colored: Terminal.usesColor(output.color))
        self.lines = FlowTokenLines(keys: ring)
    }

    /// Reads one input: a line of standard input or an argument.
    mutating func read(_ input: RawSpan, _ range: Range<Int>) {
        if style == .line, lines.verify(input, in: range) {
            tokens += 1
            return
        }
        let text = input.extracting(range)
        var any = false
        for found in TokenFinder.find(text) {
            let assessment = examiner.examine(text.extracting(found.user.range), context: found.context)
            guard found.place.isExpected || isTelling(assessment) || !found.hints.isEmpty else { continue }
            any = true
            print(text, found, assessment)
        }
        guard !any, range.contains(where: { text.octet($0 - range.lowerBound) > ASCII.space }) else { return }
        withoutToken += 1
        if verifying, style == .line { lines.append("none - - - - - -") }
    }

    /// Outside a route set, a user name that merely has the length of a handle is not worth a line.
    private func isTelling(_ assessment: TokenAssessment) -> Bool {
        assessment.key != nil
            || assessment.token != nil && (assessment.candidates.first?.confidence ?? .low) > .low
    }

    private mutating func print(_ text: RawSpan, _ found: FoundToken, _ assessment: TokenAssessment) {
        shown += 1
        if assessment.token != nil { tokens += 1 }
        if assessment.isViolation { violations += 1 }
        if assessment.authenticated != true { unproven += 1 }
        let direction = source.map { FlowTokenDirection(of: assessment, from: $0) }
        switch style {
        case .line: lines.append(assessment)
        case .verdict: report.text(FlowTokenLines.verdict(assessment))
        case .json: report.json(text, found, assessment, direction)
        case .block: report.block(text, found, assessment, direction)
        }
    }

    /// Hands on what was printed so far; false when nobody reads it any more.
    mutating func flush(atLeast size: Int = 0) -> Bool {
        if lines.output.count > size {
            var written = true
            lines.drain { written = Terminal.write($0) }
            if !written { gone = true }
        }
        if report.bytes.count > size, !Terminal.write(report.drain()) { gone = true }
        return !gone
    }

    /// The exit status, after all inputs.
    func finish(_ inputs: [String]) throws {
        if gone { throw ExitStatus.failure }
        if tokens == 0 {
            if let file = inputs.first(where: { unsafe $0 != "-" && access($0, R_OK) == 0 }) {
                Terminal.complain(
                    "\(file) was taken for a token; to read tokens out of a file: sipob token decode - < \(file)")
            } else if shown == 0 {
                Terminal.complain(
                    "nothing in the input could be a flow token; give a token, a URI, a header field or a message.")
            }
        }
        if verifying {
            if tokens == 0, violations == 0 { throw ExitStatus.failure }
            if unproven > 0 || violations > 0 || withoutToken > 0 { throw ExitStatus.violation }
            return
        }
        if violations > 0 { throw ExitStatus.violation }
        if tokens == 0 { throw ExitStatus.failure }
    }
}

/// Options that `decode` and `verify` share.
struct TokenReadingOptions: ParsableArguments {
    @Option(
        name: .customLong("from"),
        help: ArgumentHelp(
            "Say whether a request from there would be outgoing or incoming, and what its issuer would answer.",
            valueName: "address:port"))
    var fromText: String?

    @Option(
        name: .customLong("flow"),
        help: ArgumentHelp(
            "The flow to test against tokens that hold nothing but a code (sipplane).",
            valueName: "transport,local,remote"))
    var flowText: String?

    @Argument(
        help: ArgumentHelp(
            "A token, a URI, a header field or a whole message; - reads any number from standard input, one a line.",
            valueName: "input"))
    var inputs: [String]

    var from: TransportAddress? { fromText.flatMap { TransportAddress($0) } }

    var flow: Flow? {
        guard let text = flowText.map({ Array($0.map { $0 == "," ? " " : $0 }.map(String.init).joined().utf8) }) else {
            return nil
        }
        return unsafe FlowTokenLines.flow(in: text.span.bytes, 0..<text.count)
    }

    func validate() throws {
        if let fromText, from == nil {
            throw ValidationError(
                "--from wants ADDRESS:PORT, such as 192.0.2.7:5060 or [2001:db8::7]:5060: \(fromText)")
        }
        if let flowText, flow == nil {
            throw ValidationError(
                "--flow wants TRANSPORT,LOCAL,REMOTE, such as tcp,192.0.2.1:5060,192.0.2.7:51544: \(flowText)")
        }
        if inputs.filter({ $0 == "-" }).count > 1 {
            throw ValidationError("standard input (-) can be read once only.")
        }
    }

    /// Reads all inputs into `reading` and writes as it goes.
    func run(_ reading: inout TokenReading) throws {
        for input in inputs where input != "-" {
            let octets = Array(input.utf8)
            unsafe reading.read(octets.span.bytes, 0..<octets.count)
            guard reading.flush() else { throw ExitStatus.failure }
        }
        if inputs.contains("-") { try readLines(&reading) }
        try reading.finish(inputs)
    }

    private func readLines(_ reading: inout TokenReading) throws {
        var lines = InputLines()
        var now = reading
        lines.forEach { span, range in
            now.read(span, range)
            return now.flush(atLeast: 1 << 16)
        } pause: {
            now.flush()
        }
        _ = now.flush()
        reading = now
        if lines.skipped > 0 {
            Terminal.complain(
                "standard input: \(counted(lines.skipped, "line")) longer than \(InputLines.longestLine) octets skipped"
            )
        }
        if let failure = lines.failure {
            let reason = unsafe String(cString: strerror(failure))
            Terminal.complain("cannot read standard input to its end: \(reason)")
            throw ExitStatus.failure
        }
    }
}
