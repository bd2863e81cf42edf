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
    /// The latest time seen after each file.
    let ends: [Timestamp]

    /// - Parameters:
    ///   - keepsTimelines: for pictures.
    ///   - judgesExchanges: every REGISTER with its answer.
    ///   - showsProgress: on the terminal, while reading.
    init(
        files: [String], settings: AuditSettings, keepsTimelines: Bool = false, judgesExchanges: Bool = false,
        showsProgress: Bool = false
    ) {
        var progress = Progress(line: showsProgress ? ReadingProgress(files) : nil)
        let missing: [NotAnalyzed]
        if keepsTimelines || judgesExchanges {
            var audit = DetailedCaptureAudit(
                settings: settings, keepsTimelines: keepsTimelines, judgesExchanges: judgesExchanges)
            for file in files {
                progress.read(file) { path, tell throws(CaptureError) in try audit.read(path: path, progress: tell) }
                progress.ends.append(audit.lastTime ?? Timestamp(nanoseconds: .min))
            }
            let seen = audit.finish()
            (ledger, details) = (seen.sink.ledger, seen.sink)
            (packets, missing) = (seen.statistics.packets, seen.notAnalyzed)
        } else {
            var audit = CaptureAudit(settings: settings)
            for file in files {
                progress.read(file) { path, tell throws(CaptureError) in try audit.read(path: path, progress: tell) }
                progress.ends.append(audit.lastTime ?? Timestamp(nanoseconds: .min))
            }
            let seen = audit.finish()
            (ledger, details) = (seen.ledger, nil)
            (packets, missing) = (seen.statistics.packets, seen.notAnalyzed)
        }
        notAnalyzed = progress.unread + missing
        complaints = progress.complaints
        readNothing = progress.failures == files.count
        isIncomplete = progress.failures > 0
        ends = progress.ends
    }

    /// Event logs instead of captures.
    init(
        eventLogs: [String], shard: EventAudit.Shard?, settings: AuditSettings, keepsTimelines: Bool,
        judgesExchanges: Bool
    ) {
        var progress = Progress()
        var audit = EventAudit(
            settings: settings, keepsTimelines: keepsTimelines, judgesExchanges: judgesExchanges, shard: shard)
        for file in eventLogs {
            progress.read(file) { path throws(CaptureError) in try audit.read(path: path) }
        }
        let seen = audit.finish()
        (ledger, details) = (seen.sink.ledger, keepsTimelines || judgesExchanges ? seen.sink : nil)
        packets = seen.packets
        notAnalyzed = progress.unread + seen.notAnalyzed
        complaints = progress.complaints
        readNothing = progress.failures == eventLogs.count
        isIncomplete = progress.failures > 0
        // Packets of a log are numbered as in its capture, whichever that was.
        ends = []
    }

    /// What was read so far, and what could not be.
    struct Progress {
        /// On the terminal; nil where nobody watches.
        var line: ReadingProgress?
        fileprivate(set) var ends: [Timestamp] = []
        private(set) var complaints: [String] = []
        private(set) var unread: [NotAnalyzed] = []
        private(set) var failures = 0

        mutating func read(_ file: String, _ body: (String) throws(CaptureError) -> Void) {
            read(file) { path, _ throws(CaptureError) in try body(path) }
        }

        mutating func read(_ file: String, _ body: (String, (Int) -> Void) throws(CaptureError) -> Void) {
            defer {
                line?.end()
                line?.nextFile()
            }
            do throws(CaptureError) {
                try body(file) { line?.read($0) }
            } catch {
                complaints.append(error.description)
                unread.append(
                    NotAnalyzed(
                        what: error.isPartial ? "capture not read to its end" : "capture not read", count: 1,
                        why: error.description))
                if !error.isPartial { failures += 1 }
            }
        }
    }
}
