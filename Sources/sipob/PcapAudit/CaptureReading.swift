import OutboundKit

/// Captures read into a ledger, and what could not be read of them.
struct CaptureReading {
    let ledger: FlowLedger
    let notAnalyzed: [NotAnalyzed]
    let packets: Int
    /// One sentence a file that could not be read, or not to its end.
    let complaints: [String]
    /// Not one packet could be read of any file.
    let readNothing: Bool
    /// Of some file nothing could be read.
    let isIncomplete: Bool

    init(files: [String], settings: AuditSettings) {
        var audit = CaptureAudit(settings: settings)
        var complaints: [String] = []
        var unread: [NotAnalyzed] = []
        var failures = 0
        for file in files {
            do throws(CaptureError) {
                try audit.read(path: file)
            } catch {
                complaints.append(error.description)
                unread.append(
                    NotAnalyzed(
                        what: error.isPartial ? "capture not read to its end" : "capture not read", count: 1,
                        why: error.description))
                if !error.isPartial { failures += 1 }
            }
        }
        let seen = audit.finish()
        ledger = seen.ledger
        notAnalyzed = unread + seen.notAnalyzed
        packets = seen.statistics.packets
        self.complaints = complaints
        readNothing = failures == files.count
        isIncomplete = failures > 0
    }
}
