import ArgumentParser
import Glibc
import OutboundKit

/// `--write`: the packets of the flows that a report is about, as a new capture, with comments where the evidence is.
struct PacketCut {
    let path: String
    let files: [String]
    /// Of those that were not read to their end, how many packets were.
    let packetsRead: [String: UInt64]

    /// Refuses what cannot be done before anything is read.
    static func validate(_ path: String) throws {
        guard !path.isEmpty else { throw ValidationError("--write wants the name of a file.") }
        guard path != "-" else {
            throw ValidationError("--write - is refused: standard output is for the text or --json; name a file.")
        }
    }

    /// Writes the capture.
    /// - Returns: one sentence for each thing that went wrong.
    func write(_ report: AuditReport, isQuiet: Bool) -> [String] {
        var cutter = PacketCutter()
        let flows = chosen(report)
        for flow in flows { cutter.choose(flow.transport, flow.client, flow.server) }
        comment(&cutter, report, Set(flows.map(\.id)))
        let isIdle = cutter.isIdle
        if isIdle, !isQuiet {
            Terminal.complain("no flow has a fail or a warn: \(path) holds no packets.")
        }
        var problems: [String] = []
        do throws(ReportFileError) {
            try ReportFile.write(to: path) { write in
                write(cutter.head(application: "sipob \(sipobVersion)"))
                for file in files where !isIdle {
                    // What is wrong with it is met again.
                    try? cutter.survey(path: file, before: packetsRead[file] ?? .max)
                }
                for file in files where !isIdle {
                    do throws(CaptureError) {
                        try cutter.cut(path: file, before: packetsRead[file] ?? .max, to: write)
                    } catch {
                        // What is cut or damaged was said when the capture was judged.
                        if case .system = error.code { problems.append("--write: \(error)") }
                    }
                }
            }
        } catch {
            problems.append(error.words(for: "capture"))
        }
        if cutter.droppedComments > 0 {
            Terminal.complain(
                "\(path): \(counted(cutter.droppedComments, "comment")) left out; it holds \(PacketCutter.maximumComments)."
            )
        }
        if cutter.droppedDatagrams > 0 {
            Terminal.complain("\(path): pieces of \(counted(cutter.droppedDatagrams, "datagram")) may be missing.")
        }
        if cutter.droppedSecrets > 0 {
            Terminal.complain(
                "\(path): \(counted(cutter.droppedSecrets, "block")) of secrets left out, being larger than 64 MB.")
        }
        return problems
    }

    /// The flows that --flow and --aor name; else those with a fail or a warn.
    private func chosen(_ report: AuditReport) -> [FlowSummary] {
        report.ledger.flows.indices.compactMap { index in
            let flow = report.ledger.flows[index]
            let isChosen = report.shownFlows?.contains(flow.id) ?? (report.standing(index) <= .warn)
            return isChosen ? FlowSummary(flow, end: report.ledger.lastTime) : nil
        }
    }

    private func comment(_ cutter: inout PacketCutter, _ report: AuditReport, _ flows: Set<FlowID>) {
        for finding in report.findings where finding.verdict.rank <= Verdict.info.rank {
            // What is no flow's is a device's or a server's.
            let isMeant =
                FlowID(named: finding.subject).map(flows.contains) ?? (finding.verdict.rank <= Verdict.warn.rank)
            guard isMeant else { continue }
            let name = "\(finding.rule) \(finding.verdict.word) \(finding.subject)"
            for evidence in finding.evidence {
                guard let frame = evidence.frame, frame > 0 else { continue }
                let expected = evidence.expected.map { "; expected: \($0)" } ?? ""
                cutter.comment(
                    "\(name): \(evidence.observed)\(expected)", on: frame, near: evidence.time)
            }
        }
    }
}
