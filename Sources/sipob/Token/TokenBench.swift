import ArgumentParser
import OutboundKit

struct TokenBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how many tokens this machine makes and checks a second.",
        discussion: "One thread, Kamailio's format, IPv4 and IPv6, a random key; each is checked.")

    @Option(help: "How long to measure each figure, in seconds.")
    var seconds: Double = 1

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds wants a number from 0 to 3600.") }
    }

    func run() throws {
        guard let key = try? SecureRandom.octets(20), let issuer = FlowTokenIssuer(.kamailio, effectiveKey: key) else {
            Terminal.complain("this host's libcrypto has no SHA-1; enable it in openssl.cnf")
            throw ExitStatus.failure
        }
        let ends: [(family: String, local: IPAddress)] = [
            ("ipv4", IPAddress(v4: 0xC633_640A)), ("ipv6", IPAddress(v6High: 0x2001_0DB8_0000_0000, v6Low: 1)),
        ]
        var writer = JSONWriter(indented: true)
        writer.beginObject()
        JSONFrame.head(&writer, command: "token bench", version: sipobVersion)
        for end in ends {
            let (minted, verified) = try measure(issuer, end.local)
            if output.json {
                writer.key(end.family)
                writer.beginObject()
                writer.member("minted_per_s", minted)
                writer.member("verified_per_s", verified)
                writer.endObject()
            } else {
                Terminal.print(
                    "\(end.family): \(Self.millions(minted)) million tokens/s minted, "
                        + "\(Self.millions(verified)) million tokens/s verified")
            }
        }
        JSONFrame.exit(&writer, code: 0, reason: "done")
        writer.endObject()
        writer.newline()
        if output.json { Terminal.write(writer.drain()) }
    }

    /// Rounds of 1000 until the time is up: first tokens are made, then those of the last round are checked.
    private func measure(_ issuer: FlowTokenIssuer, _ ip: IPAddress) throws -> (minted: Int, verified: Int) {
        let clock = ContinuousClock()
        let span = Duration.seconds(seconds)
        let local = TransportAddress(ip: ip, port: 5060)
        var text: [UInt8] = []
        var minted = 0
        let start = clock.now
        var now = start
        repeat {
            text.removeAll(keepingCapacity: true)
            for _ in 0..<1000 {
                let remote = TransportAddress(ip: ip, port: UInt16(truncatingIfNeeded: minted | 1))
                _ = issuer.append(Flow(transport: .udp, local: local, remote: remote), to: &text)
                minted += 1
            }
            now = clock.now
        } while now - start < span
        let mintedRate = Self.rate(minted, now - start)
        let size = text.count / 1000
        var verified = 0
        let middle = clock.now
        repeat {
            for index in 0..<1000 {
                let token = unsafe text.span.bytes.extracting((index * size)..<((index + 1) * size))
                if issuer.flow(of: token) != nil { verified += 1 }
            }
            now = clock.now
        } while now - middle < span
        guard verified % 1000 == 0, verified > 0 else {
            Terminal.complain("a token of our own did not verify; this build is broken, please report it")
            throw ExitStatus.violation
        }
        return (mintedRate, Self.rate(verified, now - middle))
    }

    private static func rate(_ count: Int, _ time: Duration) -> Int {
        Int(Double(count) / (Double(max(1, time.inNanoseconds)) / 1e9))
    }

    private static func millions(_ rate: Int) -> String {
        DecimalSeconds.text(Int64(rate) * 1000, places: 2)
    }
}
