import OutboundKit

/// Captures read into a ledger, and what could not be read of them.
struct CaptureReading {
    let ledger: FlowLedger
    /// The ledger with moments and exchanges, if they were asked for.
    let details: AuditSink?
    let notAnalyzed: [NotAnalyzed]
    let packets: Int
    /// One sentence a file that could not be read, or not to its end.
    let complaints: [String]
    /// Not one packet could be read of any file.
    let readNothing: Bool
    /// Of some file nothing could be read.
    let isIncomplete: Bool

    /// - Parameters:
    ///   - keepsTimelines: for pictures.
    ///   - judgesExchanges: every REGISTER with its answer.
    init(files: [String], settings: AuditSettings, keepsTimelines: Bool = false, judgesExchanges: Bool = false) {
        if keepsTimelines || judgesExchanges {
            let sink = AuditSink(
                settings: settings, keepsTimelines: keepsTimelines, judgesExchanges: judgesExchanges)
            var outcome = Self.read(files, into: sink)
            outcome.sink.finish()
            self.init(outcome, files, outcome.sink.ledger, details: outcome.sink)
        } else {
            var outcome = Self.read(files, into: FlowLedger(settings: settings))
            outcome.sink.finish()
            self.init(outcome, files, outcome.sink, details: nil)
        }
    }

    private init<Sink>(_ outcome: Outcome<Sink>, _ files: [String], _ ledger: FlowLedger, details: AuditSink?) {
        self.ledger = ledger
        self.details = details
        var notAnalyzed = outcome.notAnalyzed
        if let dropped = details?.exchanges?.dropped, dropped > 0 {
            notAnalyzed.append(
                NotAnalyzed(
                    what: "flows whose registrations were not judged", count: dropped,
                    why: "only \(RegistrationExchangeCollector.maximumFlows) flows are followed that closely"))
        }
        self.notAnalyzed = notAnalyzed
        packets = outcome.packets
        complaints = outcome.complaints
        readNothing = outcome.failures == files.count
        isIncomplete = outcome.failures > 0
    }

    private struct Outcome<Sink> {
        var sink: Sink
        let notAnalyzed: [NotAnalyzed]
        let packets: Int
        let complaints: [String]
        let failures: Int
    }

    private static func read<Sink: FlowEventSink>(_ files: [String], into sink: Sink) -> Outcome<Sink> {
        var pipeline = CapturePipeline(sink: sink)
        var complaints: [String] = []
        var unread: [NotAnalyzed] = []
        var failures = 0
        for file in files {
            do throws(CaptureError) {
                try pipeline.read(path: file)
            } catch {
                complaints.append(error.description)
                unread.append(
                    NotAnalyzed(
                        what: error.isPartial ? "capture not read to its end" : "capture not read", count: 1,
                        why: error.description))
                if !error.isPartial { failures += 1 }
            }
        }
        pipeline.finish()
        return Outcome(
            sink: pipeline.sink, notAnalyzed: unread + pipeline.notAnalyzed, packets: pipeline.statistics.packets,
            complaints: complaints, failures: failures)
    }
}
