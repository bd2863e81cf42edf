import ArgumentParser
import Glibc
import OutboundKit

/// Reads the inputs of `inspect`, and prints what was found.
struct InspectRun {
    private let context: Inspection.Context
    private let examiner: FlowTokenExaminer
    private let isStrict: Bool
    private let clock = SystemClock()
    private let started: Timestamp
    private var report: InspectReport
    private var sources: [String] = []

    init(context: Inspection.Context, examiner: FlowTokenExaminer, isStrict: Bool) {
        self.context = context
        self.examiner = examiner
        self.isStrict = isStrict
        started = clock.now
        report = InspectReport(isStrict: isStrict)
    }

    mutating func read(_ file: String) {
        let name = file == "-" ? "standard input" : file
        sources.append(name)
        let octets: [UInt8]
        do throws(OctetFile.Problem) {
            octets = try OctetFile.all(file == "-" ? nil : file, maximum: Transcript.maximumOctets)
        } catch {
            complain("cannot read \(name): \(error.words)")
            return
        }
        guard !octets.isEmpty else {
            complain("\(name) is empty; give a SIP message, or a hex dump of one")
            return
        }
        guard !Self.isCapture(octets) else {
            complain(
                "\(name) is a capture, which sipob pcap-audit reads; for one message of it: "
                    + "tshark -r \(ShellWord.quoted(file)) -Y sip -x | sipob inspect")
            return
        }
        let transcript = Transcript.read(octets)
        guard !transcript.messages.isEmpty else {
            complain("\(name) holds no SIP message\(Self.hint(octets, transcript))")
            return
        }
        if transcript.isCutShort {
            complain("\(name) holds more than \(Transcript.maximumMessages) messages; split it to see the others")
        }
        for message in transcript.messages {
            var context = context
            context.source = context.source ?? message.packet?.source
            context.isEndAdded = message.repairs.contains(.emptyLine)
            context.isLengthUnsure = message.hasUnsureLength
            report.add(
                Inspection(
                    message.octets, subject: "\(name):\(message.line)", context: context, examiner: examiner),
                of: message, in: name)
        }
        if transcript.dumpsWithoutSIP > 0 {
            report.notes.append(
                "\(name): passed over: \(counted(transcript.dumpsWithoutSIP, "hex dump")) without SIP")
        }
        if transcript.otherLines > 0 {
            report.notes.append(
                "\(name): passed over: \(counted(transcript.otherLines, "line")) of no message")
        }
    }

    private mutating func complain(_ text: String) {
        Terminal.complain(text)
        report.hasTrouble = true
    }

    private static func hint(_ octets: [UInt8], _ transcript: Transcript) -> String {
        if transcript.dumpsWithoutSIP > 0 { return " in its \(counted(transcript.dumpsWithoutSIP, "hex dump"))" }
        return "; a message begins with a line such as 'REGISTER sip:example.com SIP/2.0'"
    }

    /// pcap with micro- or nanoseconds in either order of octets, or pcapng.
    private static func isCapture(_ octets: [UInt8]) -> Bool {
        let captures: [[UInt8]] = [
            [0xD4, 0xC3, 0xB2, 0xA1], [0xA1, 0xB2, 0xC3, 0xD4], [0x4D, 0x3C, 0xB2, 0xA1], [0xA1, 0xB2, 0x3C, 0x4D],
            [0x0A, 0x0D, 0x0D, 0x0A],
        ]
        return captures.contains { octets.starts(with: $0) }
    }

    func finish(_ output: OutputOptions, _ reports: TextReportOptions) throws {
        let run = ReportRun(
            command: "inspect", version: sipobVersion, started: started,
            duration: clock.now.nanoseconds(since: started), sources: sources)
        if output.json {
            var failure = false
            InspectJSON(report, run).write { if !Terminal.write($0) { failure = true } }
            if failure { throw ExitStatus.failure }
        } else {
            let style = TextStyle(isColored: Terminal.usesColor(output.color), columns: Terminal.columns)
            let text = InspectText(style: style, isVerbose: output.verbose, isQuiet: output.quiet).text(report)
            guard Terminal.write(Array(text.utf8)) else { throw ExitStatus.failure }
        }
        let problems = reports.write(report, run)
        for problem in problems { Terminal.complain(problem) }
        let code = problems.isEmpty ? report.exit.code : 2
        if code != 0 { throw ExitCode(code) }
    }
}
