import Testing

/// All commands read their targets in one way, and say where else to turn.
@Suite struct TargetTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let words: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(arguments: [
        Row(arguments: ["stun-ping", "sip:a.test;transport=tcp"], words: "sipob crlf-ping"),
        Row(arguments: ["stun-ping", "wss://a.test/"], words: "sipob ws-ping"),
        Row(arguments: ["stun-ping", "sips:a.test"], words: "STUN keeps UDP flows alive only"),
        Row(arguments: ["crlf-ping", "sip:a.test;transport=udp"], words: "sipob stun-ping"),
        Row(arguments: ["crlf-ping", "ws://a.test/"], words: "sipob ws-ping"),
        Row(arguments: ["crlf-ping", "sips:a.test;transport=ws"], words: "sipob ws-ping"),
        Row(arguments: ["ws-ping", "sip:a.test"], words: "as in ws://edge.example.com:8080/ws"),
        Row(arguments: ["ws-ping", "a.test"], words: "as in ws://edge.example.com:8080/ws"),
        Row(arguments: ["ws-ping", "ws://u@a.test/"], words: "no user and no fragment can stand in it"),
        Row(arguments: ["ws-ping", "ws://2001:db8::1/"], words: "an IPv6 address stands in brackets"),
        Row(arguments: ["crlf-ping", "sip:a.test;transport=sctp"], words: "SCTP is none of sipob's transports"),
        Row(
            arguments: ["crlf-ping", "sip:a.test;transport=pigeon"],
            words: "transport 'pigeon' is none that sipob knows"),
        Row(arguments: ["crlf-ping", "sips:a.test;transport=udp"], words: "a sips URI is reached over TLS"),
        Row(arguments: ["crlf-ping", "sip:a b"], words: "it is no SIP URI, host, or host:port"),
        Row(arguments: ["crlf-ping", "[::1]:0"], words: "port 0 cannot be sent to"),
        Row(
            arguments: ["register-test", "sip:a@b", "--edge", "http://a.test/"],
            words: "--edge 'http://a.test/': a WebSocket is named by ws://"),
        Row(arguments: ["crlf-ping", "sip://a.test"], words: "a SIP URI has no // behind its scheme"),
        Row(arguments: ["crlf-ping", "ftp://a.test"], words: "'ftp' is no scheme of SIP"),
        Row(arguments: ["register-test", "sips:a@b", "--edge", "c"], words: "goes over TLS only"),
        Row(arguments: ["edge", "--registrar", "wss://a.test"], words: "only udp, tcp and tls are spoken"),
    ]) func refusal(_ row: Row) async throws {
        let result = try await Program.sipob.run(row.arguments, timeout: .seconds(20))
        #expect(result.status == 64 && !result.timedOut, "\(result.output)")
        #expect(result.errors.contains(row.words), "\(result.errors)")
    }
}
