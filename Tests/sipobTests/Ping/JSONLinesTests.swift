import Foundation
import Testing

/// `--json-lines` of the ping commands: each ping as it ends, then the document.
@Suite struct JSONLinesTests {
    private static func object(_ line: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test(arguments: ["stun-ping", "crlf-ping", "ws-ping"]) func linesAndDocument(_ command: String) async throws {
        let edge = try await EdgeProcess.start(["udp", "tcp", "ws"])
        let target =
            switch command {
            case "stun-ping": "127.0.0.1:\(try edge.port("udp"))"
            case "crlf-ping": "127.0.0.1:\(try edge.port("tcp"))"
            default: "ws://127.0.0.1:\(try edge.port("ws"))/"
            }
        let result = try await Program.sipob.run(command, "-c", "3", "-i", "0.05", "--json-lines", target)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 4)
        let schema = try Self.object(Files.text(Files.repository + "/docs/json/\(command).schema.json"))
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        let probe = try #require(properties["probes"]?["items"] as? [String: Any])
        for (index, line) in lines.dropLast().enumerated() {
            let object = try Self.object(line)
            #expect(JSONSchema.faults(object, probe, in: schema) == [])
            #expect(object["seq"] as? Int == index + 1)
        }
        let document = try Self.object(try #require(lines.last))
        #expect(JSONSchema.faults(document, schema) == [])
        #expect((document["probes"] as? [Any])?.isEmpty == true)
        _ = try await edge.stop()
    }

    /// A watcher sees a ping when it has ended, not when the run has.
    @Test func linesComeAtOnce() async throws {
        let edge = try await EdgeProcess.start(["udp"])
        let ping = try Program.sipob.start([
            "stun-ping", "-i", "0.2", "--json-lines", "127.0.0.1:\(try edge.port("udp"))",
        ])
        #expect(try await ping.wait { $0.outputSoFar.split(separator: "\n").count >= 2 })
        ping.signal(SIGINT)
        let result = try await ping.finish()
        #expect(result.status == 130 && result.lines.last { !$0.isEmpty }?.hasPrefix("{\"schema\"") == true)
        _ = try await edge.stop()
    }

    @Test(arguments: [
        ["stun-ping", "--json", "--json-lines", "127.0.0.1"], ["crlf-ping", "--json", "--json-lines", "127.0.0.1"],
        ["stun-ping", "--json-lines", "--flood", "127.0.0.1"],
        ["stun-ping", "--json-lines", "--binding-lifetime", "127.0.0.1"],
    ])
    func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(arguments)
        #expect(result.status == 64 && result.errors.contains("--json"))
    }
}
