import OutboundKit

/// What the demo shows: for each step a sentence, and a command line that a reader can type as well.
struct DemoScript {
    struct Step {
        let says: String
        let arguments: [String]

        /// The command line as a shell takes it.
        var commandLine: String {
            (["sipob"] + arguments).map { word in
                let isPlain = word.utf8.allSatisfy {
                    ASCII.isAlpha($0) || ASCII.isDigit($0) || [ASCII.minus, ASCII.dot, ASCII.slash].contains($0)
                }
                return isPlain ? word : "'\(word)'"
            }.joined(separator: " ")
        }
    }

    let steps: [Step]

    /// Looks into the capture for what is worth showing: its flow tokens, each once, and its worst finding.
    init(capture: String) {
        let reading = CaptureReading(files: [capture], settings: AuditSettings())
        let ledger = reading.ledger
        let report = AuditReport(
            ledger: ledger, findings: Judge().judge(ledger), notAnalyzed: reading.notAnalyzed, packets: reading.packets)

        var steps = [
            Step(
                says: "A real capture: a phone registers through an edge proxy. Who breaks which rule?",
                arguments: ["pcap-audit", capture])
        ]
        var seen: Set<String> = []
        let paths = ledger.flows.flatMap(\.registrations).flatMap(\.path).filter { seen.insert($0).inserted }
        for path in paths.prefix(2) {
            steps.append(
                Step(
                    says: "The edge proxy put a flow token into its Path. What does it say, and who could forge it?",
                    arguments: ["token", "decode", "Path: \(path)"]))
        }
        if let worst = report.findings.first(where: { $0.verdict == .fail }), let requirement = worst.requirement {
            steps.append(
                Step(
                    says: "The worst finding, in plain words, and what usually causes it:",
                    arguments: ["explain", requirement.text] + (worst.diagnosis.map { [$0.text] } ?? [])))
        }
        self.steps = steps
    }
}
