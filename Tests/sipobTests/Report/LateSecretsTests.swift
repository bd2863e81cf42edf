import Foundation
import Testing

/// A pcapng capture whose Decryption Secrets Block stands behind the packets that it decrypts.
@Suite struct LateSecretsTests {
    private static let original = Files.repository + "/Tests/Fixtures/Captures/bs_tls_ft15_keys_in_file.pcapng"

    /// The original with its blocks of secrets moved to the end.
    static func moved() throws -> [UInt8] {
        let octets = try Files.bytes(original)
        var rest: [UInt8] = []
        var secrets: [UInt8] = []
        var place = 0
        func number(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(octets[at + $1]) << (8 * $1) } }
        while place + 12 <= octets.count {
            let length = number(place + 4)
            let block = octets[place..<place + length]
            if number(place) == 10 { secrets += block } else { rest += block }
            place += length
        }
        #expect(!secrets.isEmpty)
        return rest + secrets
    }

    private func decrypted(_ result: ProgramResult) throws -> Int? {
        let json = try #require(try JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
        return (json["totals"] as? [String: Any])?["tls_decrypted"] as? Int
    }

    @Test func aFileIsReadAgain() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path("moved.pcapng")
        try Data(Self.moved()).write(to: URL(filePath: path))
        let before = try await Program.sipob.run(["pcap-audit", Self.original])
        for arguments in [[], ["--registrations"]] {
            let first = try await Program.sipob.run(["pcap-audit"] + arguments + [Self.original])
            let result = try await Program.sipob.run(["pcap-audit"] + arguments + [path])
            #expect(result.output == first.output && result.status == first.status, "\(result.output)")
        }
        #expect(before.output.contains("1 TLS connection decrypted"))
        #expect(try decrypted(try await Program.sipob.run(["pcap-audit", "--json", path])) == 1)
        let logs = [scratch.path("one"), scratch.path("two")]
        for (capture, log) in zip([Self.original, path], logs) {
            #expect(try await Program.sipob.run(["pcap-audit", "--events", log, capture]).status == 0)
        }
        #expect(try Files.bytes(logs[0]) == Files.bytes(logs[1]))
    }

    @Test func standardInputIsNot() async throws {
        let result = try await Program.sipob.run(["pcap-audit", "-"], input: try Self.moved())
        let words = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("editcap --inject-secrets") && words.contains("UNKNOWN (ENC)"), "\(words)")
        let json = try await Program.sipob.run(["pcap-audit", "--json", "-"], input: try Self.moved())
        #expect(try decrypted(json) == 0)
    }
}
