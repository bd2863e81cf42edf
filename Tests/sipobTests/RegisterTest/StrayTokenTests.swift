import Testing

/// What `register-test` says of a flow token that is not for the flow that it was given on.
@Suite struct StrayTokenTests {
    /// A token of Kamailio's for another connection; what it says of its own ends is not taken for ours.
    @Test func tokenOfAnotherFlowIsTold() async throws {
        let answerer = try SIPAnswerer(.tcp) {
            [$0.granted(["Path: <sip:KKfSaKO7yjOvBwF/AAABOtR/AAABqmo=@127.0.0.1:15060;lr;ob>"])]
        }
        let result = try await RegisterTestBench().run(answerer, ["--no-keep-alive"])
        #expect(result.status == 1, "\(result.output)")
        let text = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(text.contains("not us but 127.0.0.1:43626"), "\(text)")
        #expect(text.contains("the flow token leads to another flow"), "\(text)")
    }

    /// The same where the edge is right: our own end is told as ours.
    @Test func ownTokenIsOurs() async throws {
        let edge = try await EdgeProcess.start(["tcp"], [])
        defer { edge.program.signal(9) }
        let result = try await RegisterTestBench().run([
            "--edge", "sip:127.0.0.1:\(try edge.port("tcp"));transport=tcp", "--no-keep-alive",
        ])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains(", us 127.0.0.1:"), "\(result.output)")
        #expect(!result.output.contains("another flow"))
    }
}
