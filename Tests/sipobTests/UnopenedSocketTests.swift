import Testing

/// Sockets and addresses of ours that the host does not give: each command says why, and what helps.
@Suite struct UnopenedSocketTests {
    private func run(_ arguments: [String]) async throws -> ProgramResult {
        let scratch = try ScratchDirectory()
        return try await Program.sipob.run(
            arguments, environment: ["XDG_CONFIG_HOME": scratch.root, "SIPOB_PASSWORD": "", "NO_COLOR": "1"])
    }

    /// `UDP` and `TCP` stand for ports that others have.
    @Test(arguments: [
        "edge --listen udp:127.0.0.1:UDP --for 1", "edge --listen tcp:127.0.0.1:TCP --for 1",
        "edge --listen udp:127.0.0.1:0 --http 127.0.0.1:TCP --for 1", "stun-ping -c 1 --bind 127.0.0.1:UDP 127.0.0.1:9",
        "crlf-ping -c 1 --bind 127.0.0.1:TCP 127.0.0.1:9", "register-test sip:a@127.0.0.1:9 --bind 127.0.0.1:UDP",
    ])
    func portIsTaken(_ command: String) async throws {
        let (udp, tcp) = (try SIPAnswerer(.udp) { _ in [] }, try SIPAnswerer(.tcp) { _ in [] })
        defer {
            udp.stop()
            tcp.stop()
        }
        let words = command.replacing("UDP", with: "\(udp.port)").replacing("TCP", with: "\(tcp.port)")
        let result = try await run(words.split(separator: " ").map(String.init))
        #expect(result.status == 2)
        let last = result.errors.split(separator: "\n").last ?? ""
        #expect(last.contains("address already in use; another program has that port ('ss -lnp'"), "\(result.errors)")
    }

    /// 192.0.2.0/24 is for documentation: no host has one of it.
    @Test(arguments: [
        "edge --listen tcp:192.0.2.99:5060 --for 1", "edge --listen udp:192.0.2.99:5060 --for 1",
        "edge --listen udp:127.0.0.1:0 --http 192.0.2.99:8080 --for 1", "stun-ping -c 1 --bind 192.0.2.99 127.0.0.1:9",
        "stun-ping --flood --bind 192.0.2.99 127.0.0.1:9", "stun-ping --binding-lifetime --bind 192.0.2.99 127.0.0.1:9",
        "crlf-ping -c 1 --bind 192.0.2.99 127.0.0.1:9", "ws-ping -c 1 --bind 192.0.2.99 ws://127.0.0.1:9",
        "register-test sip:a@127.0.0.1:9 --bind 192.0.2.99",
        "register-test sip:a@127.0.0.1:9 --suite --bind 192.0.2.99",
        "register-test sip:a@127.0.0.1:9 --flows 2 --bind 192.0.2.99", "flow-timer sip:a@127.0.0.1:9 --bind 192.0.2.99",
    ])
    func addressIsNotOurs(_ command: String) async throws {
        let result = try await run(command.split(separator: " ").map(String.init))
        #expect(result.status == 2)
        let lines = result.errors.split(separator: "\n")
        let told = lines.filter { $0.contains("this machine has no such address ('ip addr' shows") }
        #expect(told.count == 1 && !result.errors.contains("is it the SIP port"), "\(result.errors)")
    }
}
