@testable import OutboundKit

/// A REGISTER of any words and its answer, as moments of a timeline over TCP from 192.0.2.7:40000.
struct RegisterExchange: Sendable {
    static let urn = "<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"
    static let uri = "sip:alice@192.0.2.7:40000;transport=tcp"
    static let own = "<\(uri)>;+sip.instance=\"\(urn)\";reg-id=1"
    static let outbound = ["Require: outbound", "Flow-Timer: 120"]

    var user = "alice"
    /// Whole values of Contact, a header field each.
    var contacts = [own]
    var expires: Int? = 3600
    /// Header fields of the request beside the ordinary ones.
    var more: [String] = []
    var status = 200
    /// Values of Contact in the 2xx; nil repeats those of the request.
    var listed: [String]?
    /// Header fields of the answer.
    var answer = outbound

    /// The exchange `seconds` into the run; the answer comes 0.1 s later.
    func at(_ seconds: Double, cseq: Int = 1) -> [(Double, Timeline.Moment)] {
        let common = [
            "Via: SIP/2.0/TCP 192.0.2.7:40000;branch=z9hG4bK\(user)\(cseq);rport",
            "From: <sip:\(user)@example.com>;tag=1", "To: <sip:\(user)@example.com>", "Call-ID: \(user)1",
            "CSeq: \(cseq) REGISTER",
        ]
        let request =
            ["REGISTER sip:example.com SIP/2.0"] + common + ["Supported: path, outbound"]
            + contacts.map { "Contact: \($0)" } + (expires.map { ["Expires: \($0)"] } ?? []) + more
        let bindings = status < 300 ? listed ?? contacts.map { "\($0);expires=\(expires ?? 3600)" } : []
        let response = ["SIP/2.0 \(status) Whatever"] + common + bindings.map { "Contact: \($0)" } + answer
        func text(_ lines: [String]) -> String {
            (lines + ["Content-Length: 0"]).map { $0 + "\r\n" }.joined() + "\r\n"
        }
        return [(seconds, .text(text(request), .fromClient)), (seconds + 0.1, .text(text(response), .fromServer))]
    }

    /// `Contact: *` and its 2xx.
    static func removalOfAll(_ user: String = "alice") -> RegisterExchange {
        RegisterExchange(user: user, contacts: ["*"], expires: 0, listed: [], answer: [])
    }
}
