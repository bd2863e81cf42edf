import Foundation
import FoundationXML
import Testing

/// `--json-lines` and `--report` of the ping commands: each ping as it ends, then the document; files for build servers.
@Suite struct PingOutputTests {
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

    /// The document of `--json`, and one that a build server reads: a target that answers, and one that does not.
    @Test(arguments: ["stun-ping", "crlf-ping"]) func reports(_ command: String) async throws {
        let edge = try await EdgeProcess.start(["udp", "tcp"])
        let port = try edge.port(command == "stun-ping" ? "udp" : "tcp")
        let scratch = try ScratchDirectory()
        let (json, junit) = (scratch.path("a.json"), scratch.path("a.xml"))
        let result = try await Program.sipob.run(
            command, "-c", "2", "-i", "0.05", "-W", "0.5", "--report", "json=\(json)", "--report", "junit=\(junit)",
            "127.0.0.1:\(port)", "127.0.0.1:1")
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.output.contains("statistics ---"))
        let document = try Self.object(Files.text(json))
        #expect(
            JSONSchema.faults(
                document,
                try Self.object(
                    Files.text(
                        Files.repository + "/docs/json/\(command).schema.json"))) == [])
        #expect((document["probes"] as? [[String: Any]])?.count { $0["result"] as? String == "answered" } == 2)
        let reader = XMLParser(data: Data(try Files.bytes(junit)))
        let cases = CaseList()
        reader.delegate = cases
        #expect(reader.parse() && cases.suites == ["127.0.0.1:\(port)", "127.0.0.1:1"])
        #expect(cases.names.count { $0 == "answers" } == 2 && cases.failures == 1, "\(cases.names)")
        #expect(cases.names.contains(command == "stun-ping" ? "OB-STUN-009" : "OB-KA-010"), "\(cases.names)")
        _ = try await edge.stop()
    }

    private final class CaseList: NSObject, XMLParserDelegate {
        var suites: [String] = []
        var names: [String] = []
        var failures = 0

        func parser(
            _ parser: XMLParser, didStartElement element: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String] = [:]
        ) {
            if element == "testsuite" { suites.append(attributes["name"] ?? "") }
            if element == "testcase" { names.append(attributes["name"] ?? "") }
            if element == "failure" { failures += 1 }
        }
    }

    /// `| head -1` ends a ping, as it ends ping(8).
    @Test(arguments: ["stun-ping", "crlf-ping", "ws-ping"]) func readerThatHasSeenEnough(_ command: String) async throws
    {
        let edge = try await EdgeProcess.start(["udp", "tcp", "ws"])
        let transport = ["stun-ping": "udp", "crlf-ping": "tcp"][command] ?? "ws"
        let port = try edge.port(transport)
        let target = transport == "ws" ? "ws://127.0.0.1:\(port)/" : "127.0.0.1:\(port)"
        let shell = try #require(Program.installed("bash"))
        let result = try await shell.run(
            ["-c", "'\(Program.sipob.path)' \(command) -i 0.1 \(target) | head -1; echo ${PIPESTATUS[0]}"],
            timeout: .seconds(20))
        #expect(!result.timedOut && result.lines.count == 2 && result.lines.last == "141", "\(result.output)")
        _ = try await edge.stop()
    }

    /// A name that leads nowhere is a target like one that refuses: the others are pinged, and the document has it.
    @Test(arguments: ["stun-ping", "crlf-ping", "ws-ping"]) func nameThatLeadsNowhere(_ command: String) async throws {
        let edge = try await EdgeProcess.start(["udp", "tcp", "ws"])
        let transport = ["stun-ping": "udp", "crlf-ping": "tcp"][command] ?? "ws"
        let scheme = transport == "ws" ? "ws://" : ""
        // Says of every name that it does not exist.
        let names = try UDPResponder { _, query, _ in [Array(query[..<2]) + [0x81, 0x83] + Array(query[4...])] }
        let result = try await Program.sipob.run(
            [
                command, "--json", "-c", "1", "\(scheme)nosuch.test", "\(scheme)127.0.0.1:\(try edge.port(transport))",
            ], environment: ["SIPOB_NAMESERVER": "127.0.0.1:\(names.port)"])
        #expect(result.status == 2, "\(result.errors)")
        #expect(
            result.errors.hasPrefix("sipob: cannot find an address of nosuch.test: ")
                && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        #expect(try JSONSchema.faults(of: result, command: command) == [])
        let document = try Self.object(result.output)
        let probes = try #require(document["probes"] as? [[String: Any]])
        #expect(probes.count == 1 && probes[0]["result"] as? String == "answered", "\(result.output)")
        let flows = try #require(document["flows"] as? [[String: Any]])
        let lost = try #require(flows.first { ($0["target"] as? String)?.contains("nosuch") == true })
        #expect(lost["server"] is NSNull && (lost["error"] as? String)?.contains("cannot find") == true, "\(lost)")
        #expect((document["exit"] as? [String: Any])?["reason"] as? String == "unreachable")
        _ = try await edge.stop()
    }

    @Test func reportThatCannotBeWritten() async throws {
        let edge = try await EdgeProcess.start(["udp"])
        let target = "127.0.0.1:\(try edge.port("udp"))"
        let result = try await Program.sipob.run("stun-ping", "-c", "1", "--report", "junit=/nowhere/a.xml", target)
        #expect(result.status == 2 && result.output.contains("1 answered"))
        #expect(result.errors.contains("/nowhere/a.xml") && result.errors.split(separator: "\n").count == 1)
        _ = try await edge.stop()
    }

    @Test(arguments: [
        ["stun-ping", "--report", "html=a.html", "127.0.0.1"],
        ["stun-ping", "--report", "junit=a", "--flood", "127.0.0.1"],
        ["stun-ping", "--json", "--json-lines", "127.0.0.1"], ["crlf-ping", "--json", "--json-lines", "127.0.0.1"],
        ["stun-ping", "--json-lines", "--flood", "127.0.0.1"],
        ["stun-ping", "--json-lines", "--binding-lifetime", "127.0.0.1"],
    ])
    func wrongUsage(_ arguments: [String]) async throws {
        let result = try await Program.sipob.run(arguments)
        #expect(result.status == 64 && result.errors.contains("json"))
    }
}
