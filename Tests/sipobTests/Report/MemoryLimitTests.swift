import Foundation
import Testing

/// `pcap-audit --max-memory` with more flows than fit.
@Suite struct MemoryLimitTests {
    /// A capture of many UDP flows of two STUN transactions each, a minute apart.
    private static func capture(flows: Int) -> [UInt8] {
        var file = Data()
        func little(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { file.append(contentsOf: $0) } }
        for word: UInt32 in [0xA1B2_C3D4, 0x0004_0002, 0, 0, 65_535, 101] { little(word) }
        func packet(_ flow: Int, _ round: Int, isAnswer: Bool, at microseconds: Int) {
            let client: [UInt8] = [10, 0, UInt8(flow >> 8 & 255), UInt8(flow & 255)]
            let (server, port): ([UInt8], UInt16) = ([192, 0, 2, 1], UInt16(20_000 + flow >> 16))
            let address: [UInt8] =
                [0, 1] + big(port ^ 0x2112) + zip(client, [0x21, 0x12, 0xA4, 0x42] as [UInt8]).map { $0 ^ $1 }
            let attribute: [UInt8] = isAnswer ? [0, 0x20, 0, 8] + address : []
            let head: [UInt8] = [isAnswer ? 1 : 0, 1, 0, UInt8(attribute.count), 0x21, 0x12, 0xA4, 0x42]
            let id: [UInt8] =
                [0, 0, 0, 0, 0, UInt8(round)] + big(UInt16(flow >> 16)) + [0, 0] + big(UInt16(flow & 0xFFFF))
            let stun = head + id + attribute
            let ports = isAnswer ? big(3478) + big(port) : big(port) + big(3478)
            let udp = ports + big(UInt16(stun.count + 8)) + [0, 0] + stun
            let ends = isAnswer ? server + client : client + server
            let ip: [UInt8] = [0x45, 0] + big(UInt16(udp.count + 20)) + [0, 0, 0, 0, 64, 17, 0, 0] + ends
            little(1_700_000_000 + UInt32(microseconds / 1_000_000))
            little(UInt32(microseconds % 1_000_000))
            little(UInt32(ip.count + udp.count))
            little(UInt32(ip.count + udp.count))
            file.append(contentsOf: ip + udp)
        }
        for round in 0..<2 {
            for flow in 0..<flows {
                let time = round * 60_000_000 + flow * 20
                packet(flow, round, isAnswer: false, at: time)
                packet(flow, round, isAnswer: true, at: time + 5)
            }
        }
        return [UInt8](file)
    }

    private static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }

    /// Peak memory of a run in MB, and its JSON.
    private func run(_ arguments: [String]) async throws -> (peak: Int, json: [String: Any]) {
        let python = try #require(Program.installed("python3"))
        let script = """
            import resource, subprocess, sys
            code = subprocess.run(sys.argv[1:], stdout=sys.stdout).returncode
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
            sys.exit(code)
            """
        // A debug build that shares its cores takes more than the minute of other programs.
        let result = try await python.run(
            ["-c", script, Program.sipob.path, "pcap-audit", "--json"] + arguments, timeout: .seconds(240))
        #expect(result.status == 0, "\(result.errors)")
        let peak = try #require(result.errors.split(separator: "\n").last.flatMap { Int($0) })
        let json = try #require(JSONSerialization.jsonObject(with: Data(result.outputBytes)) as? [String: Any])
        return (peak / 1000, json)
    }

    @Test func hundredThousandFlowsStayUnderTheLimit() async throws {
        let scratch = try ScratchDirectory()
        let flows = 100_000
        let path = try scratch.write(Self.capture(flows: flows), to: "many.pcap")
        let (whole, everything) = try await run([path])
        #expect((everything["flows"] as? [Any])?.count == flows)
        let (limited, some) = try await run(["--max-memory", "48M", path])
        // A debug build takes more for itself than what ships, which the bench holds to the limit.
        #expect(limited < 48 + 40 && limited < whole - 30, "\(limited) of \(whole) MB")
        let kept = try #require(some["flows"] as? [Any]).count
        #expect(kept > 1000 && kept < flows)
        let missing = try #require(some["not_analyzed"] as? [[String: Any]])
        let line = try #require(missing.first { ($0["what"] as? String)?.hasPrefix("flows judged before") == true })
        #expect((line["count"] as? Int ?? 0) >= flows - kept && (line["why"] as? String)?.contains("48 MiB") == true)
        #expect((some["summary"] as? [String: Int])?["fail"] == 0)
    }
}
