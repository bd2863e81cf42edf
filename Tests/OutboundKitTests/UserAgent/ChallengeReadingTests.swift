import Testing

@testable import OutboundKit

/// What a second challenge says of the credentials that were given.
@Suite struct ChallengeReadingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let reading: ChallengeReading
        /// Header fields of the request.
        let given: [String]
        /// Header fields of the answer.
        let asked: [String]
        var served: Set<String> = []
        var testDescription: String { "\(reading)" }
    }

    private static func given(_ realm: String, _ nonce: String, count: Int? = 1) -> String {
        let quality = count.map { ", qop=auth, cnonce=\"c\", nc=0000000\($0)" } ?? ""
        return "Authorization: Digest username=\"a\", realm=\"\(realm)\", nonce=\"\(nonce)\", uri=\"sip:x\", "
            + "response=\"0123456789abcdef0123456789abcdef\"\(quality)"
    }

    private static func asked(_ realm: String, _ nonce: String, _ more: String = "") -> String {
        "WWW-Authenticate: Digest realm=\"\(realm)\", nonce=\"\(nonce)\", qop=\"auth\"\(more)"
    }

    static let rows: [Row] = [
        Row(reading: .first, given: [], asked: [asked("r", "1")]),
        Row(reading: .refused, given: [given("r", "1")], asked: [asked("r", "2")]),
        Row(reading: .furtherRealm, given: [given("edge", "1")], asked: [asked("r", "2")]),
        Row(reading: .staleNonce, given: [given("r", "1")], asked: [asked("r", "2", ", stale=true")]),
        // The same nonce cannot be too old and new at once.
        Row(reading: .refused, given: [given("r", "1")], asked: [asked("r", "1", ", stale=true")]),
        Row(reading: .usedNonce, given: [given("r", "1", count: 2)], asked: [asked("r", "2")]),
        Row(reading: .usedNonce, given: [given("r", "1", count: nil)], asked: [asked("r", "2")], served: ["1"]),
        Row(reading: .refused, given: [given("r", "1", count: nil)], asked: [asked("r", "2")]),
        // A proxy and a registrar may have one realm.
        Row(reading: .furtherRealm, given: ["Proxy-" + given("r", "1")], asked: [asked("r", "2")]),
        Row(reading: .refused, given: [given("r", "1")], asked: [asked("q", "1"), asked("r", "2")]),
    ]

    @Test(arguments: rows) func isRead(_ row: Row) throws {
        let fields = row.given.joined(separator: "\n")
        let request = try ExchangeText.parse(
            ExchangeText.request.replacing("Supported:", with: fields + (fields.isEmpty ? "" : "\n") + "Supported:"))
        let answer = try ExchangeText.parse(
            ExchangeText.refusal("401 Unauthorized").replacing(
                "Content-Length:", with: row.asked.joined(separator: "\n") + "\nContent-Length:"))
        #expect(ChallengeReading(answer, to: request, served: row.served) == row.reading)
    }
}
