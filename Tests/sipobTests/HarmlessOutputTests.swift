import Testing

/// Neither arguments nor what messages hold reach the terminal as they are, and captures of which nothing can be read are no
/// success.
@Suite struct HarmlessOutputTests {
    static let hostile = "x\u{1B}[31m\u{202E}y"

    @Test(arguments: [
        ["pcap-audit", hostile], ["pcap-audit", "--only", hostile, "x.pcap"],
        ["pcap-audit", "--suppress", hostile, "x"],
        ["inspect", hostile], ["config-check", hostile], ["explain", hostile],
        ["token", "decode", "--from", hostile, "x"], [hostile],
    ])
    func arguments(_ words: [String]) async throws {
        let result = try await Program.sipob.run(words)
        #expect(result.status != 0 && result.errors.contains("\u{FFFD}"), "\(words)")
        for text in [result.errors, result.output] {
            #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" }, "\(words)")
        }
    }

    @Test func messages() async throws {
        let scratch = try ScratchDirectory()
        let message = """
            REGISTER sip:example.com SIP/2.0\r
            Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\u{202E}b\r
            From: "\u{2066}A" <sip:a\u{202E}b@example.com>;tag=1\u{200F}\r
            To: <sip:a\u{202E}b@example.com>\r
            Call-ID: c\u{61C}d\r
            CSeq: 1 REGISTER\r
            User-Agent: phone\u{202E}1\r
            Supported: path, outbound, x\u{202D}y\r
            Contact: <sip:a\u{202E}b@192.0.2.1;ob>;reg-id=1;+sip.instance="<urn:x:\u{202A}1>"\r
            Content-Length: 0\r
            \r

            """
        let path = try scratch.write(Array(message.utf8), to: "message")
        for words in [["inspect", path], ["inspect", "-v", path], ["token", "decode", "-v", "a\u{202E}b"]] {
            let result = try await Program.sipob.run(words)
            for text in [result.errors, result.output] {
                #expect(
                    !text.unicodeScalars.contains {
                        [0x202A, 0x202D, 0x202E, 0x2066, 0x200F, 0x61C].contains($0.value)
                    },
                    "\(words): \(text)")
            }
        }
    }

    /// A pcap file of some packets, all of that link type.
    private static func capture(link: UInt8) -> [UInt8] {
        let header: [UInt8] = [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0] + [UInt8](repeating: 0, count: 8)
        let record: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4]
        return header + [0, 0, 1, 0, link, 0, 0, 0] + record + record
    }

    @Test func unreadableCaptures() async throws {
        let scratch = try ScratchDirectory()
        let radio = try scratch.write(Self.capture(link: 127), to: "radio.pcap")
        let section: [UInt8] =
            [0x0A, 0x0D, 0x0D, 0x0A, 28, 0, 0, 0, 0x4D, 0x3C, 0x2B, 0x1A, 1, 0, 0, 0]
            + [UInt8](repeating: 0xFF, count: 8) + [28, 0, 0, 0]
        let packet: [UInt8] =
            [6, 0, 0, 0, 36, 0, 0, 0] + [UInt8](repeating: 0, count: 12) + [4, 0, 0, 0, 4, 0, 0, 0] + [1, 2, 3, 4]
            + [36, 0, 0, 0]
        let nameless = try scratch.write(section + packet, to: "nameless.pcapng")
        let interface: [UInt8] = [1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0]
        let simple: [UInt8] = [3, 0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4, 20, 0, 0, 0]
        let timeless = try scratch.write(section + interface + simple, to: "timeless.pcapng")
        for files in [[radio], [nameless], [timeless], [radio, nameless, timeless]] {
            for options in [["--color", "never"], ["-q"], ["--json"], ["--events", scratch.path("log")]] {
                let result = try await Program.sipob.run(["pcap-audit"] + options + files)
                #expect(result.status == 2, "\(files) \(options)")
                #expect(result.errors.contains("not one packet could be read: "), "\(result.errors)")
                #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
            }
        }
        // What was read and holds no SIP is something else, and so is one capture of two.
        let ethernet = try scratch.write(Self.capture(link: 1), to: "short.pcap")
        let empty = try await Program.sipob.run(["pcap-audit", ethernet])
        #expect(empty.status == 0 && empty.errors.isEmpty)
        let one = try await Program.sipob.run(["pcap-audit", ethernet, radio])
        #expect(one.status == 0 && one.output.contains("link type 127"))
    }
}
