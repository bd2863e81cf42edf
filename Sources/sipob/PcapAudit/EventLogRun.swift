import ArgumentParser
import Glibc
import OutboundKit

/// Writes the event log of captures.
struct EventLogRun {
    let files: [String]
    /// `-` is standard output.
    let path: String
    let isQuiet: Bool
    /// For what is judged when the log is written.
    let settings: AuditSettings
    /// Of key logs.
    let secrets: TLSSecretStore?
    let filter: PacketFilter?
    /// Processors to share the work: from 2 on, captures are decompressed ahead.
    let jobs: Int

    func run() throws {
        var limits = CaptureLimits()
        limits.decompressors = jobs > 1 ? jobs : 0
        var progress = CaptureReading.Progress()
        var reading = CaptureEvents.Keys(settings: settings, limits: limits, secrets: secrets, filter: filter)
        reading.read(paths: files) { progress.note($0) }
        var (secrets, losses) = (secrets, CaptureLosses())
        if reading.lateSecrets != nil || reading.lateLosses != nil {
            (secrets, losses) = (reading.lateSecrets ?? secrets, reading.lateLosses ?? losses)
            progress = CaptureReading.Progress()
            reading = CaptureEvents.Keys(
                settings: settings, limits: limits, secrets: secrets, losses: losses, filter: filter)
            reading.read(paths: files) { progress.note($0) }
        }
        for complaint in progress.complaints { Terminal.complain(complaint) }
        guard progress.failures < files.count else { throw ExitStatus.failure }
        let survey = reading.finish()
        let log = EventLog(
            files: files, survey: survey, unread: progress.unread, limits: limits, secrets: secrets, losses: losses,
            filter: filter)
        try write(log)
        if !isQuiet, path != "-" {
            Terminal.print(
                "events of \(counted(survey.keys.flows, "flow")) with \(counted(survey.keys.groups, "key")) written to \(path)"
            )
            Terminal.print("judge them with: sipob pcap-audit --from-events [--shard I/N] \(path)")
        }
        if !survey.unreadable.isEmpty { Terminal.complain(CaptureReading.unreadable(survey.unreadable)) }
        if progress.failures > 0 || !survey.unreadable.isEmpty { throw ExitStatus.failure }
    }

    private func write(_ log: EventLog) throws {
        if path == "-" {
            var failure: Int32 = 0
            log.write { if failure == 0, !Terminal.write($0) { failure = errno } }
            guard failure != 0 else { return }
            Terminal.complain("the event log could not be written: \(TransportError.words(failure)).")
        } else {
            do throws(ReportFileError) {
                return try ReportFile.write(log, to: path)
            } catch {
                Terminal.complain(error.words(for: "event log"))
            }
        }
        throw ExitStatus.failure
    }
}

/// An event log as a document: the captures are read while it is written.
private struct EventLog: AuditDocument {
    let files: [String]
    let survey: EventSurvey
    let unread: [NotAnalyzed]
    let limits: CaptureLimits
    let secrets: TLSSecretStore?
    let losses: CaptureLosses
    let filter: PacketFilter?

    func write(to write: ([UInt8]) -> Void) {
        withoutActuallyEscaping(write) { write in
            var lines = CaptureEvents.Lines(
                survey: survey, limits: limits, secrets: secrets, losses: losses, filter: filter, deliver: write)
            // What cannot be read was said the first time.
            lines.read(paths: files) { _ in }
            lines.finish(unread: unread)
        }
    }
}
