import ArgumentParser
import OutboundKit

/// Captures that are made while they are judged, and packets that are to be left out.
struct ListeningOptions: ParsableArguments {
    @Option(
        name: [.customShort("i"), .long],
        help: ArgumentHelp(
            "Listen on an interface instead of reading files (any for all), until Ctrl-C.", valueName: "name"))
    var interface: String?

    @Flag(
        help:
            "Read on at the end of the one file, which is still being written or rotated, or of a ring by what -w was given or its folder, until Ctrl-C."
    )
    var follow = false

    @Option(
        help: ArgumentHelp(
            "With -i or --follow: end after this time, such as 90, 30s, 5m or 2h (default: at Ctrl-C).",
            valueName: "time"))
    var duration: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "With --follow: end when the file has not grown for this time (default: however long that is, go on).",
            valueName: "time"))
    var idle: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "With -i: how many packets the kernel keeps until they are read, in MiB (default: 16).", valueName: "mib"))
    var buffer: Int?

    @Option(
        help: ArgumentHelp(
            "Judge only packets that match, in the language of tcpdump, such as 'host 192.0.2.7'.", valueName: "bpf"))
    var filter: String?

    /// Whether somebody has to say when it is enough.
    var isLive: Bool { interface != nil || follow }

    /// Whether an end was asked for, so that Ctrl-C comes before it.
    var hasEnd: Bool { duration != nil || idle != nil }

    /// - Parameters:
    ///   - files: as they are named on the command line.
    ///   - fromEvents: they are event logs.
    ///   - secondReading: the option that reads the capture once more, if one is given.
    func validate(files: [String], fromEvents: Bool, secondReading: String?) throws {
        if interface != nil {
            if follow { throw ValidationError("-i listens and --follow reads a file; give one of them.") }
            guard files.isEmpty else {
                throw ValidationError("-i listens instead of reading files; leave out \(files[0]), or -i.")
            }
        }
        if follow {
            guard files.count == 1, files[0] != "-" else {
                throw ValidationError(
                    "--follow reads on at the end of one file; standard input is read as it comes without it.")
            }
        }
        if fromEvents, isLive || filter != nil {
            throw ValidationError("-i, --follow and --filter go with packets, and an event log has none.")
        }
        if isLive, let secondReading {
            throw ValidationError(
                "\(secondReading) reads the capture a second time, which is not possible with "
                    + (follow
                        ? "--follow; judge the file when it is done."
                        : "-i; write the packets with `tcpdump -w` or `dumpcap`, and judge the file."))
        }
        if let secondReading, !fromEvents { try Self.validate(files, for: secondReading) }
        try validateNumbers()
    }

    /// What gives its octets once would be empty the second time, or wait for ever for somebody who writes.
    private static func validate(_ files: [String], for secondReading: String) throws {
        for file in files where PipedCapture.isPipe(file) {
            let name = file == "-" ? "standard input" : "\(PrintableText.of(file)), no regular file,"
            throw ValidationError(
                "\(secondReading) reads the captures a second time, which \(name) does not allow; save it to a file first."
            )
        }
    }

    private func validateNumbers() throws {
        if duration != nil, !isLive { throw ValidationError("--duration goes with -i and --follow.") }
        if idle != nil, !follow { throw ValidationError("--idle goes with --follow.") }
        for (name, span) in [("--duration", duration), ("--idle", idle)] {
            if let span, span.duration <= .zero { throw ValidationError("\(name) is longer than 0.") }
        }
        guard let buffer else { return }
        guard interface != nil else { throw ValidationError("--buffer goes with -i.") }
        guard (1...LiveCapture.largestBuffer).contains(buffer) else {
            throw ValidationError("--buffer is from 1 to \(LiveCapture.largestBuffer) MiB.")
        }
    }

    /// The filter for captures that are files: the kernel applies it to those of an interface.
    /// - Throws: the exit status, after a word about it.
    func packetFilter() throws -> PacketFilter? {
        guard let filter, interface == nil else { return nil }
        do throws(PcapProblem) {
            return try PacketFilter(filter)
        } catch {
            throw Self.complain(error)
        }
    }

    /// The capture that has no end yet; nil when all are there as a whole.
    /// - Throws: the exit status, after a word about it.
    func stream(_ files: [String]) throws -> (any CaptureStream)? {
        if let interface {
            do throws(PcapProblem) {
                return try LiveCapture(interface: interface, bufferSize: buffer ?? 16, filter: filter)
            } catch {
                throw Self.complain(error)
            }
        }
        guard files.count == 1, let file = files.first, follow || PipedCapture.isPipe(file) else { return nil }
        do throws(CaptureError) {
            return follow ? try FollowedCapture(path: file) : try PipedCapture(path: file)
        } catch {
            Terminal.complain(error.description)
            throw ExitStatus.failure
        }
    }

    private static func complain(_ problem: PcapProblem) -> ExitCode {
        Terminal.complain(problem.description)
        return problem.code == .filter ? ExitStatus.usage : ExitStatus.failure
    }
}
