import Foundation
import Glibc
import Testing

/// What config-check says of a configuration is what a real Kamailio does with it.
@Suite(.needsKamailio, .serialized)
struct ConfigAgainstKamailioTests {
    // MARK: Refused

    @Test(arguments: [
        "edge", "registrar", "broken/CFG-READ-02", "broken/CFG-READ-10", "broken/CFG-MOD-01",
        "broken/DX-STUN-01",
    ])
    func taken(_ name: String) async throws { #expect(try await KamailioProcess.accepts(name)) }

    @Test(arguments: [
        "CFG-READ-01", "CFG-READ-03", "CFG-READ-04", "CFG-READ-06", "CFG-MOD-04", "CFG-MOD-05", "CFG-MOD-06",
        "CFG-MOD-06.type", "CFG-READ-09", "CFG-READ-11",
        "CFG-READ-11.block", "CFG-READ-11.flag", "CFG-READ-11.number", "CFG-READ-11.switch",
        "CFG-READ-11.semicolon", "CFG-READ-11.unit", "CFG-READ-11.twice",
        "CFG-MOD-06.websocket", "CFG-MOD-06.digits", "CFG-MOD-07", "CFG-MOD-07.unused", "CFG-MOD-08",
    ])
    func refusedByTheCheck(_ name: String) async throws {
        #expect(try await !KamailioProcess.accepts("broken/\(name)"))
    }

    /// The rows that the library's rules are held to, asked of Kamailio itself.
    @Test func grammar() async throws {
        let text = try String(contentsOfFile: "\(ConfigCheckCommandTests.fixtures)/grammar.txt", encoding: .utf8)
        let kamailio = try #require(Program.installed("kamailio"))
        let scratch = try ScratchDirectory()
        for row in GrammarRow.rows(text) {
            let path = try scratch.write(Array(row.file.utf8), to: "row.cfg")
            let status = try await kamailio.run(["-c", "-f", path]).status
            #expect((status != 0) == row.isRefused, "\(row)")
        }
    }

    @Test(arguments: ["CFG-READ-08", "CFG-MOD-09", "CFG-REG-02", "CFG-REG-10", "DX-STUN-10"]) func refusedAtStartOnly(
        _ name: String
    )
        async throws
    {
        #expect(try await KamailioProcess.accepts("broken/\(name)"))
        #expect(try await KamailioProcess.refusesToStart("broken/\(name)", on: try KamailioProcess.freePort()))
    }

    // MARK: An edge

    /// A phone and a registrar around an edge that runs with this file.
    private struct Stage {
        let phone: UDPClient
        let registrar: UDPClient
        let edge: KamailioProcess

        static func set(_ name: String) async throws -> Stage {
            let port = try KamailioProcess.freePort()
            let registrar = try UDPClient(server: port)
            let edge = try await KamailioProcess.start(name, on: port, registrar: registrar.port)
            return Stage(phone: try UDPClient(server: port), registrar: registrar, edge: edge)
        }

        func register() throws -> [String] {
            let contact = "<sip:alice@127.0.0.1:\(phone.port);ob>;reg-id=1;\(KamailioRigTests.instance);expires=60"
            phone.send(KamailioRigTests.register(from: phone.port, supported: "path, outbound", contact: contact))
            return headerLines(try #require(registrar.receive()))
        }

        /// Answers what the registrar got.
        /// - Returns: what the phone got of it.
        func answer(_ request: [String], adding fields: [String]) throws -> [String] {
            let kept = request.filter { line in
                ["Via:", "From:", "To:", "Call-ID:", "CSeq:", "Contact:", "Path:"].contains { line.hasPrefix($0) }
            }
            registrar.send(
                (["SIP/2.0 200 OK"] + kept + fields + ["Content-Length: 0", "", ""]).joined(separator: "\r\n"))
            return headerLines(try #require(phone.receive()))
        }
    }

    @Test(arguments: [
        ("edge", true), ("broken/CFG-MOD-01", true), ("broken/CFG-MOD-02", false), ("broken/CFG-EDGE-09", false),
        ("broken/CFG-EDGE-06", true),
    ])
    func aTokenInPath(_ name: String, _ isThere: Bool) async throws {
        let request = try await Stage.set(name).register()
        let path = try #require(request.first { $0.hasPrefix("Path: ") })
        #expect(path.contains(";ob") == isThere, "\(path)")
        #expect(path.contains("received=") == (name == "broken/CFG-EDGE-06"), "\(path)")
    }

    @Test(arguments: [("edge", true), ("broken/DX-STUN-01", false)])
    func stun(_ name: String, _ isAnswered: Bool) async throws {
        let stage = try await Stage.set(name)
        stage.phone.send(stunBindingRequest)
        #expect((stage.phone.receive(within: 1000) != nil) == isAnswered)
    }

    @Test(arguments: [
        ("edge", ["Require: outbound"], ["Flow-Timer: 20"]), ("edge", [], []),
        ("edge", ["Require: outbound", "Flow-Timer: 99"], ["Flow-Timer: 20"]),
        ("broken/CFG-FT-01", ["Require: outbound"], ["Flow-Timer: FLOW_TIMER"]),
        ("broken/DX-FT-07", [], ["Flow-Timer: 20"]),
        ("broken/DX-FT-08", ["Require: outbound", "Flow-Timer: 99"], ["Flow-Timer: 20", "Flow-Timer: 99"]),
    ])
    func flowTimer(_ name: String, _ fields: [String], _ expected: [String]) async throws {
        let stage = try await Stage.set(name)
        let answer = try stage.answer(try stage.register(), adding: fields)
        #expect(answer.filter { $0.hasPrefix("Flow-Timer") }.sorted() == expected)
    }

    @Test(arguments: ["CFG-FT-02", "CFG-FT-02.quotes"]) func aFieldWithoutItsLineEnd(_ name: String) async throws {
        let stage = try await Stage.set("broken/\(name)")
        let answer = try stage.answer(try stage.register(), adding: ["Require: outbound"])
        #expect(answer.contains { $0.hasPrefix("Flow-Timer: 20") && $0.count > "Flow-Timer: 20".count })
    }

    // MARK: A registrar

    /// Three digits leave no room for LF.
    @Test func aFlowTimerThatIsCut() async throws {
        let port = try KamailioProcess.freePort()
        let registrar = try await KamailioProcess.start("broken/CFG-REG-12", on: port, registrar: port)
        let phone = try UDPClient(server: port)
        let contact = "<sip:alice@127.0.0.1:\(phone.port);ob>;reg-id=1;\(KamailioRigTests.instance);expires=60"
        phone.send(KamailioRigTests.register(from: phone.port, supported: "path, outbound", contact: contact))
        let answer = String(decoding: try #require(phone.receive()), as: UTF8.self)
        #expect(answer.utf8.contains(0) && answer.contains("Flow-Timer: 120\r\0"), "\(answer)")
        withExtendedLifetime(registrar) {}
    }

    /// The rule's own fault: a phone with a single contact.
    @Test(arguments: [("registrar", true), ("broken/CFG-AP-07", false)])
    func aSingleContact(_ name: String, _ isReached: Bool) async throws {
        let port = try KamailioProcess.freePort()
        let registrar = try await KamailioProcess.start(name, on: port)
        let phone = try UDPClient(server: port)
        let contact = "<sip:alice@127.0.0.1:\(phone.port)>;expires=60"
        phone.send(KamailioRigTests.register(from: phone.port, supported: "path", contact: contact))
        #expect(headerLines(try #require(phone.receive())).first == "SIP/2.0 200 OK")
        let caller = try UDPClient(server: port)
        caller.send(
            "MESSAGE sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:\(caller.port);rport;branch=z9hG4bK1\r\n"
                + "From: <sip:bob@example.com>;tag=1\r\nTo: <sip:alice@example.com>\r\nCall-ID: single\r\n"
                + "CSeq: 1 MESSAGE\r\nMax-Forwards: 20\r\nContent-Length: 0\r\n\r\n")
        if isReached {
            #expect(headerLines(try #require(phone.receive())).first?.hasPrefix("MESSAGE ") == true)
        } else {
            #expect(headerLines(try #require(caller.receive())).first?.hasPrefix("SIP/2.0 500") == true)
        }
        withExtendedLifetime(registrar) {}
    }
}
