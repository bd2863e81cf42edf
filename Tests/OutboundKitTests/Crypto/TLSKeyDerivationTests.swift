import Testing

@testable import OutboundKit

/// Keys of TLS records, against published vectors.
@Suite struct TLSKeyDerivationTests {
    private func octets(_ text: String) throws -> [UInt8] {
        try #require(Hex.decode(text.filter { $0 != " " }.utf8))
    }

    /// RFC 8448 §3: the server's key and vector out of its handshake secret.
    @Test func expandLabel() throws {
        let secret = try octets("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
        let derive = { (label: String, length: Int) in
            try TLSKeyDerivation.expandLabel(.sha256, secret: secret, label: label, length: length)
        }
        #expect(try derive("key", 16) == octets("3fce516009c21727d0f2e4e86ee403bc"))
        #expect(try derive("iv", 12) == octets("5d313eb2671276ee13000b30"))
        // Longer than one block of the hash: the beginning differs, for the length is part of what is hashed.
        #expect(try derive("key", 70).count == 70)
    }

    /// The vector for SHA-256 that was posted to the TLS working group, and is used by many libraries.
    @Test func pseudorandomFunction() throws {
        let output = try TLSKeyDerivation.prf(
            .sha256, secret: octets("9bbe436ba940f017b17652849a71db35"), label: "test label",
            seed: octets("a0ba9f936cda311827a6f796ffd5198c"), length: 100)
        #expect(
            Array(output.prefix(32)) == (try octets("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"))
        )
        #expect(output.count == 100)
    }

    /// Test case 2 of the GCM specification, and CBC of NIST SP 800-38A F.2.2.
    @Test func ciphers() throws {
        let opener = try RecordOpener()
        let sealed = try octets("0388dace60b6a392f328c2b971b2fe78 ab6e47d42cec13bdf53a67b21257bddf")
        let zeros = [UInt8](repeating: 0, count: 16)
        let opened = opener.open(
            .aes128GCM, key: zeros, nonce: Array(zeros.prefix(12)), additional: [], sealed: sealed.span.bytes)
        #expect(opened == zeros)
        var wrong = sealed
        wrong[31] ^= 1
        let nonce = Array(zeros.prefix(12))
        #expect(
            opener.open(.aes128GCM, key: zeros, nonce: nonce, additional: [], sealed: wrong.span.bytes) == nil)
        #expect(
            opener.open(.aes128GCM, key: zeros, nonce: nonce, additional: [1], sealed: sealed.span.bytes) == nil)
        #expect(opener.open(.aes128GCM, key: [1], nonce: nonce, additional: [], sealed: sealed.span.bytes) == nil)
        #expect(opener.open(.aes128GCM, key: zeros, nonce: nonce, additional: [], sealed: [1].span.bytes) == nil)

        let blocks = try octets("7649abac8119b246cee98e9b12e9197d")
        let text = opener.decrypt(
            .aes128CBC, key: try octets("2b7e151628aed2a6abf7158809cf4f3c"),
            vector: try octets("000102030405060708090a0b0c0d0e0f"), blocks: blocks.span.bytes)
        #expect(try text == octets("6bc1bee22e409f96e93d7e117393172a"))
        #expect(
            opener.decrypt(.aes128CBC, key: zeros, vector: zeros, blocks: [1, 2, 3].span.bytes) == nil)
    }
}
