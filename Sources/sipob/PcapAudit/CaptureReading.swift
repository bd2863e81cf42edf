import OutboundKit

/// Captures read into a ledger, and what could not be read of them.
struct CaptureReading {
    let ledger: FlowLedger
    /// The moments of each flow, if they were asked for.
    let timelines: FlowTimelines?
    let notAnalyzed: [NotAnalyzed]
    let packets: Int
    /// One sentence a file that could not be read, or not to its end.
    let complaints: [String]
    /// Not one packet could be read of any file.
    let readNothing: Bool
    /// Of some file nothing could be read.
    let isIncomplete: Bool

    init(files: [String], settings: AuditSettings, keepsTimelines: Bool = false) {
        if keepsTimelines {
            var outcome = Self.read(files, into: FlowTimelineSink(settings: settings))
            outcome.sink.finish()
            self.init(outcome, files, ledger: outcome.sink.ledger, timelines: outcome.sink.timelines)
        } else {
            var outcome = Self.read(files, into: FlowLedger(settings: settings))
            outcome.sink.finish()
            self.init(outcome, files, ledger: outcome.sink, timelines: nil)
        }
    }

    private init<Sink>(
        _ outcome: Outcome<Sink>, _ files: [String], ledger: FlowLedger, timelines: FlowTimelines?
    ) {
        self.ledger = ledger
        self.timelines = timelines
        notAnalyzed = outcome.notAnalyzed
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
