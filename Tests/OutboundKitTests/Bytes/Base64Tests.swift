import Testing

@testable import OutboundKit

@Suite struct Base64Tests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func rfc4648(_ row: (plain: String, text: String)) throws {
        let octets = Array(row.plain.utf8)
        #expect(Base64.encode(octets) == row.text)
        let unpadded = row.text.filter { $0 != "=" }
        #expect(Base64.encode(octets, alphabet: .url, padded: false) == unpadded)
        let read = try #require(Base64.decode(row.text.utf8))
        #expect(read.octets == octets)
        #expect(read.spelling.isCanonical(.standard, padded: true))
        let bare = try #require(Base64.decode(unpadded.utf8))
        #expect(bare.octets == octets)
        #expect(bare.spelling.isCanonical(.url, padded: false))
    }

    @Test func everyOctetInEveryPlace() {
        for length in 0...70 {
            let octets = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ length) }
            for alphabet in [Base64.Alphabet.standard, .url] {
                for padded in [true, false] {
                    let text = Base64.encode(octets, alphabet: alphabet, padded: padded)
                    let read = Base64.decode(text.utf8)
                    #expect(read?.octets == octets)
                    #expect(read?.spelling.isCanonical(alphabet, padded: padded) == true)
                }
            }
        }
    }

    /// What the reader takes only with a remark: (text, standard letters, URL letters, padding, spare bits).
    @Test(arguments: [
        ("+-8=", true, true, Base64.Padding.complete, false), ("Zg", false, false, .absent, false),
        ("Zg=", false, false, .wrong, false), ("Zm9v=", false, false, .wrong, false),
        ("Zh==", false, false, .complete, true), ("Zm9=", false, false, .complete, true),
    ])
    func remarks(_ row: (text: String, standard: Bool, url: Bool, padding: Base64.Padding, spare: Bool)) throws {
        let spelling = try #require(Base64.decode(row.text.utf8)).spelling
        #expect(spelling.usesStandard == row.standard)
        #expect(spelling.usesURL == row.url)
        #expect(spelling.padding == row.padding)
        #expect(spelling.spareBits == row.spare)
        #expect(!spelling.isCanonical(.standard, padded: true))
    }

    @Test(arguments: ["Z", "Zm9vZ", "Zm 9v", "Zg==Zg==", "Z=g=", "Zm9v\n", "Zm9\u{0}", "Zm9\u{e4}"])
    func refused(_ text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }
}
