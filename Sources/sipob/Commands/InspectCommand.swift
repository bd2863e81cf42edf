import ArgumentParser
import OutboundKit

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Explain SIP messages: would an edge apply outbound, and why; what is wrong in them.",
        discussion: """
            EXAMPLES
              sipob inspect register.txt
              sipob inspect < pasted-from-a-log
              xxd message.bin | sipob inspect
              tcpdump -r calls.pcap -x udp port 5060 | sipob inspect
              tshark -r calls.pcap -Y sip -x | sipob inspect --json
              sipob inspect --force register.txt      with Kamailio's force_outbound_flag
              sipob inspect --from 192.0.2.7:5060 --secret-file secret bye.txt

            Reads messages as they are on the wire, pasted text, and hex dumps of xxd,
            xxd -p, hexdump, od -tx1, tcpdump -x and -X, tshark -x and Wireshark (bytes or
            hex stream); any number in one input. A packet's headers are read past, and
            tell where it came from.

            Exit status: 0 nothing is violated; 1 a message is malformed, breaks a
            requirement, or holds a forged, damaged or forgeable token; 2 unreadable
            input, or no SIP message in it; 64 wrong usage.
            """)

    @Flag(help: "Kamailio's force_outbound_flag is set for the request.")
    var force = false

    @Flag(help: "Kamailio's force_no_outbound_flag is set for the request.")
    var forceNo = false

    @Option(
        name: .customLong("from"),
        help: ArgumentHelp(
            "Where the request came from: tells incoming from outgoing by a token.", valueName: "address:port"))
    var fromText: String?

    @Option(
        name: .customLong("edge"),
        help: ArgumentHelp(
            "A name or address of the edge itself (repeatable); without it the message tells, and what is assumed is said.",
            valueName: "host[:port]"))
    var edges: [String] = []

    @Flag(help: "A broken SHOULD, and what is read past although it is malformed, are violations too.")
    var strict = false

    @OptionGroup(title: "Keys") var keys: TokenKeyOptions
    @OptionGroup var reports: TextReportOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: ArgumentHelp("Files; - or nothing is standard input.", valueName: "file"))
    var files: [String] = []

    var source: TransportAddress? { fromText.flatMap { TransportAddress($0) } }

    func validate() throws {
        if let fromText, source == nil {
            throw ValidationError(
                "--from wants ADDRESS:PORT, such as 192.0.2.7:5060 or [2001:db8::7]:5060: \(fromText)")
        }
        if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input (-) can be read once only.") }
        try OutputFiles(written: reports.written, read: [("a file of messages", inputs)] + keys.read).validate()
    }

    private var inputs: [String] { files.isEmpty ? ["-"] : files }

    func run() throws {
        var context = Inspection.Context()
        context.flags = KamailioOutboundFlags(force: force, forceNo: forceNo)
        context.source = source
        context.edges = edges
        var run = InspectRun(
            context: context, examiner: FlowTokenExaminer(keys: FlowTokenKeyRing(try keys.load())), isStrict: strict)
        for file in inputs { run.read(file) }
        try run.finish(output, reports)
    }
}
