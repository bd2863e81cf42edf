import ArgumentParser
import OutboundKit

/// The pipeline cut in two: captures to an event log here, its judgement there.
struct EventLogOptions: ParsableArguments {
    @Option(
        name: .customLong("events"),
        help: ArgumentHelp(
            "Judge nothing; write what happened on each flow to this file, one JSON object a line (- is standard output). The captures are read twice.",
            valueName: "file"))
    var write: String?

    @Flag(help: "The files are event logs, one or several shards of one; judge them.")
    var fromEvents = false

    @Option(
        help: ArgumentHelp(
            "With --from-events: take only the lines of shard I of N, such as 2/7.", valueName: "i/n"))
    var shard: String?

    var selected: EventAudit.Shard? {
        let parts = (shard ?? "").split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]) else { return nil }
        return EventAudit.Shard(index: index, count: count)
    }

    /// - Parameter selects: options are given that choose flows or findings.
    func validate(reports: ReportOptions, json: Bool, selects: Bool) throws {
        if shard != nil {
            guard fromEvents else { throw ValidationError("--shard goes with --from-events.") }
            guard selected != nil else {
                throw ValidationError("--shard is I/N, such as 2/7, with I from 1 to N.")
            }
        }
        guard write != nil else { return }
        if fromEvents { throw ValidationError("--events writes a log and --from-events reads one; give one of them.") }
        if selects {
            throw ValidationError(
                "--events judges nothing, so there are no findings to choose from; judge with --from-events.")
        }
        if json || !reports.requests.isEmpty {
            throw ValidationError(
                "--events judges nothing, so there is nothing for --json or --report; judge with --from-events.")
        }
    }
}
