import Glibc
import OutboundKit

/// Captures read into a ledger, and what could not be read of them.
struct CaptureReading {
    let ledger: FlowLedger
    /// The ledger with moments and exchanges, if they were asked for.
    let details: AuditSink?
    /// What concerns whole fleets; of event logs what was counted when they were written.
    let fleet: FleetFacts
    let notAnalyzed: [NotAnalyzed]
    let packets: Int
    /// Packets that the filter left out.
    let leftOut: Int
    /// TLS connections that were decrypted.
    let decrypted: Int
    /// Secrets that came behind the packets they may decrypt, where the files can be read again with them.
    let lateSecrets: TLSSecretStore?
    /// Drops that the captures told of behind their packets, likewise.
    let lateLosses: CaptureLosses?
    /// One sentence a file that could not be read, or not to its end.
    let complaints: [String]
    /// Not one packet could be read of any file.
    let readNothing: Bool
    /// Of some file nothing could be read.
    let isIncomplete: Bool
    /// Ctrl-C came before the end of all captures.
    let isCutShort: Bool
    /// Of captures that were not read to their end for that, how many packets of each were.
    let packetsRead: [String: UInt64]
    /// When each of several files begins, as far as that can be told.
    let beginnings: [String: Timestamp]

    /// - Parameters:
    ///   - watch: over a capture without an end, which is read instead of files.
    ///   - filter: leaves out packets.
    ///   - wanted: details beyond the ledger.
    ///   - secrets: of key logs.
    ///   - losses: of a reading before.
    ///   - evicted: takes what is left of flows, where memory is limited; not with details.
    ///   - jobs: threads to share the work.
    ///   - showsProgress: on the terminal, while reading.
    init(
        files: [String], watch: Watch? = nil, filter: PacketFilter? = nil, settings: AuditSettings,
        wanted: CaptureAudit.Details = CaptureAudit.Details(), secrets: TLSSecretStore? = nil,
        losses: CaptureLosses = CaptureLosses(), evicted: EvictedFlows? = nil, jobs: Int = 1,
        showsProgress: Bool = false
    ) {
        var progress = Progress()
        var line = showsProgress && watch?.isPiped != false ? ReadingProgress(files) : nil
        defer { line?.end() }
        var audit = CaptureAudit(
            settings: settings, details: wanted, secrets: secrets, losses: losses, evicted: evicted,
            filter: filter, jobs: jobs)
        if let watch {
            progress.follow(watch) { (watch) throws(CaptureError) in
                try audit.follow(watch.stream) { pulse in
                    line?.read(pulse.octets)
                    return watch.take(pulse)
                }
            }
        } else {
            let interruption = ReadingInterruption()
            audit.read(
                paths: files, progress: { line?.read($0) }, watch: interruption, failed: { progress.note($0) })
            interruption.end()
        }
        (isCutShort, packetsRead) = (audit.isCutShort, audit.packetsRead)
        beginnings = audit.beginnings
        (lateSecrets, lateLosses) = (audit.lateSecrets, audit.lateLosses)
        let seen = audit.finish()
        (ledger, details) = (seen.ledger, seen.details)
        fleet = FleetFacts(ledger)
        packets = seen.statistics.packets
        leftOut = seen.statistics.leftOut
        decrypted = seen.statistics.decryptedConnections
        notAnalyzed = progress.unread + seen.notAnalyzed
        let isUnreadable = seen.statistics.isUnreadable
        complaints = progress.complaints + (isUnreadable ? [Self.unreadable(seen.notAnalyzed)] : [])
        readNothing = progress.failures == max(1, files.count)
        isIncomplete = progress.failures > 0 || isUnreadable
    }

    static func unreadable(_ notAnalyzed: [NotAnalyzed]) -> String {
        let parts = notAnalyzed.map { "\($0.what): \($0.count) (\($0.why))" }
        return "not one packet could be read: \(parts.joined(separator: "; "))."
    }

    /// Event logs instead of captures.
    init(
        eventLogs: [String], shard: EventAudit.Shard?, settings: AuditSettings, wanted: CaptureAudit.Details
    ) {
        var progress = Progress()
        var audit = EventAudit(
            settings: settings, details: wanted, shard: shard)
        for file in eventLogs {
            progress.read(file) { path throws(CaptureError) in try audit.read(path: path) }
        }
        let seen = audit.finish()
        (ledger, details) = (seen.sink.ledger, wanted.areWanted ? seen.sink : nil)
        fleet = seen.fleet
        (lateSecrets, lateLosses) = (nil, nil)
        (packets, leftOut, decrypted) = (seen.summary.packets, seen.summary.leftOut, seen.summary.decrypted)
        notAnalyzed = progress.unread + seen.summary.notAnalyzed
        complaints = progress.complaints
        readNothing = progress.failures == eventLogs.count
        isIncomplete = progress.failures > 0
        // Packets of a log are numbered as in its capture, whichever that was.
        beginnings = [:]
        (isCutShort, packetsRead) = (false, [:])
    }

    /// What could not be read so far.
    struct Progress {
        private(set) var complaints: [String] = []
        private(set) var unread: [NotAnalyzed] = []
        private(set) var failures = 0

        mutating func read(_ file: String, _ body: (String) throws(CaptureError) -> Void) {
            do throws(CaptureError) { try body(file) } catch { note(error) }
        }

        mutating func follow(_ watch: Watch, _ body: (Watch) throws(CaptureError) -> Void) {
            do throws(CaptureError) { try body(watch) } catch { note(error) }
            watch.end()
        }

        mutating func note(_ error: CaptureError) {
            complaints.append(error.description)
            unread.append(
                NotAnalyzed(
                    what: error.isPartial ? "capture not read to its end" : "capture not read", count: 1,
                    why: error.description))
            if !error.isPartial { failures += 1 }
        }
    }
}
