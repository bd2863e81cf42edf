import ArgumentParser
import Glibc
import OutboundKit

/// Which flows and findings are shown, and which findings do not count any more.
struct FindingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show one flow in full, with what happened when: its id (f3) or the address and port of one end.",
            valueName: "flow"))
    var flow: String?

    @Option(
        help: ArgumentHelp("Show the flows that register an AOR that matches (repeatable).", valueName: "glob"))
    var aor: [String] = []

    @Option(
        help: ArgumentHelp("The least severe finding to list (default: all of them).", valueName: "least"))
    var severity: AuditFilter.Severity?

    @Option(
        help: ArgumentHelp("An earlier --json report: what it has does not count again.", valueName: "file"))
    var baseline: String?

    @Option(
        help: ArgumentHelp(
            "Accept the findings of a requirement or with a diagnosis, or ID=GLOB: of some phones (repeatable).",
            valueName: "id[=glob]"))
    var suppress: [String] = []

    @Option(help: ArgumentHelp("The same from a file, one a line, with # comments.", valueName: "file"))
    var suppressFile: String?

    var choosesFlows: Bool { flow != nil || !aor.isEmpty }

    /// Whether anything is chosen.
    var isUsed: Bool {
        flow != nil || !aor.isEmpty || severity != nil || baseline != nil || !suppress.isEmpty || suppressFile != nil
    }

    func validate() throws {
        do throws(Suppression.Problem) {
            _ = try given()
        } catch {
            throw ValidationError("--suppress: \(error).")
        }
    }

    private func given() throws(Suppression.Problem) -> [Suppression] {
        var list: [Suppression] = []
        for text in suppress { list.append(try Suppression(parsing: text, origin: "--suppress")) }
        return list
    }

    /// What the options say, without the flows, which are known only when the captures have been read.
    /// - Throws: the exit status of a file that cannot be used, after a word about it.
    func filter() throws -> AuditFilter {
        var filter = AuditFilter()
        filter.severity = severity
        filter.suppressions = try given()
        if let suppressFile { filter.suppressions += try Self.suppressions(suppressFile) }
        if let baseline { filter.baseline = try Self.baseline(baseline) }
        return filter
    }

    private static func suppressions(_ path: String) throws -> [Suppression] {
        let octets: [UInt8]
        do throws(OctetFile.Problem) {
            octets = try OctetFile.all(path, maximum: 1 << 24)
        } catch {
            Terminal.complain("--suppress-file: \(error).")
            throw ExitStatus.failure
        }
        do throws(SuppressionFileProblem) {
            return try Suppression.list(String(decoding: octets, as: UTF8.self), file: path)
        } catch {
            Terminal.complain("--suppress-file \(error).")
            throw ExitStatus.usage
        }
    }

    private static func baseline(_ path: String) throws -> Baseline {
        do {
            let file = try OctetFile(path)
            let result = Result { try Baseline { file.next() } }
            // To the reader a failure looks like the end.
            if let problem = file.problem { throw problem }
            return try result.get()
        } catch {
            Terminal.complain(
                error is OctetFile.Problem
                    ? "--baseline: \(error)."
                    : "--baseline: \(path) is no report of 'sipob pcap-audit --json' that can be compared: \(error).")
            throw ExitStatus.failure
        }
    }

    /// The flows that --flow and --aor name; nil for all.
    func flows(in ledger: FlowLedger) throws -> Set<FlowID>? {
        guard flow != nil || !aor.isEmpty else { return nil }
        let name = flow.map(FlowName.init)
        var ids: Set<FlowID> = []
        for index in ledger.flows.indices {
            if let name, !name.names(ledger.flows[index]) { continue }
            guard aor.isEmpty || ledger.flows[index].registrations.contains(where: matches) else { continue }
            ids.insert(ledger.flows[index].id)
            // An address may belong to several flows, one after the other; the first was always the one that was meant.
            if flow != nil, aor.isEmpty { break }
        }
        guard ids.isEmpty else { return ids }
        let what = [flow.map { "is '\($0)'" }, aor.isEmpty ? nil : "registers '\(aor.joined(separator: "' or '"))'"]
        Terminal.complain(
            "no flow of the capture \(what.compactMap { $0 }.joined(separator: " and ")); "
                + "without --flow and --aor the table lists them all.")
        throw ExitStatus.usage
    }

    private func matches(_ registration: FlowRegistration) -> Bool {
        aor.contains { registration.isNamed(by: $0) }
    }

    /// Says which suppressions met nothing, so that a list does not outlive what it was made for. Where only a part is
    /// judged or shown nothing can be said.
    func complainAboutUnused(_ report: AuditReport, _ selection: RuleSelection, withExchanges: Bool) {
        guard report.shownFlows == nil else { return }
        let unused = report.setAside.unused.filter { $0.concerns(anyIn: selection, withExchanges: withExchanges) }
        for suppression in unused.prefix(20) {
            Terminal.complain("\(suppression.origin): '\(suppression)' met no finding; drop it if the fault is gone.")
        }
        if unused.count > 20 {
            Terminal.complain("… and \(counted(unused.count - 20, "more suppression")) met no finding.")
        }
    }
}

extension AuditFilter.Severity: ExpressibleByArgument {}
