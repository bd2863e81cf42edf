import ArgumentParser
import OutboundKit

struct TokenDecode: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Read flow tokens: issuer, flow, authenticity, weaknesses.",
        discussion: """
            EXAMPLES
              sipob token decode '<sip:_MTkyLjAuMi43N181MDYw@192.0.2.1;lr;ovid=7cb85a5c>'
              sipob token decode -v --secret-file edge=/etc/kamailio/secret TOKEN
              sipob token decode --json - < register.txt

            Exit status: 0 tokens were read and nothing is wrong with them; 1 one is
            damaged, weak enough to be made by anybody, or its code fits none of the keys
            given; 2 unreadable input, or no flow token in it.
            """)

    @OptionGroup(title: "Keys") var keys: TokenKeyOptions
    @OptionGroup var reading: TokenReadingOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let ring = FlowTokenKeyRing(try keys.load())
        var state = TokenReading(
            ring: ring, options: reading, output: output, verifying: false, lines: reading.inputs.contains("-"))
        try reading.run(&state)
    }
}

struct TokenVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check flow tokens against keys.",
        discussion: """
            EXAMPLES
              sipob token verify --secret-file secret.txt TOKEN
              sipob token verify --key-hex-file a.hex --key-hex-file b.hex - < tokens

            Exit status: 0 every token holds under one of the keys; 1 one does not, or
            cannot be checked, or a line of the input is none; 2 no key, unreadable input,
            or nothing that is a flow token.
            """)

    @OptionGroup(title: "Keys") var keys: TokenKeyOptions
    @OptionGroup var reading: TokenReadingOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let all = try keys.load()
        guard !all.isEmpty else {
            Terminal.complain(
                "no key to verify with; give --secret-file, --key-hex-file or --key-file, or set \(TokenKeyOptions.variable)"
            )
            throw ExitStatus.failure
        }
        var state = TokenReading(
            ring: FlowTokenKeyRing(all), options: reading, output: output, verifying: true,
            lines: reading.inputs.contains("-"))
        try reading.run(&state)
    }
}
