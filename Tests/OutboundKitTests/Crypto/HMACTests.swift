import Testing

@testable import OutboundKit

/// Vectors of RFC 2202 (HMAC-SHA1), RFC 4231 (HMAC-SHA256), RFC 1321 and FIPS 180-4.
@Suite struct HMACTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let digest: MessageDigest
        let key: [UInt8]
        let data: [UInt8]
        let code: String
        var testDescription: String { name }
    }

    static let rows: [Row] = [
        Row(
            name: "RFC 2202 case 1", digest: .sha1, key: .init(repeating: 0x0b, count: 20),
            data: Array("Hi There".utf8),
            code: "b617318655057264e28bc0b6fb378c8ef146be00"),
        Row(
            name: "RFC 2202 case 2", digest: .sha1, key: Array("Jefe".utf8),
            data: Array("what do ya want for nothing?".utf8), code: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        Row(
            name: "RFC 2202 case 3", digest: .sha1, key: .init(repeating: 0xaa, count: 20),
            data: .init(repeating: 0xdd, count: 50), code: "125d7342b9ac11cd91a39af48aa17b4f63f175d3"),
        Row(
            name: "RFC 2202 case 4", digest: .sha1, key: Array(1...25), data: .init(repeating: 0xcd, count: 50),
            code: "4c9007f4026250c6bc8414f9bf50c86c2d7235da"),
        Row(
            name: "RFC 2202 case 5", digest: .sha1, key: .init(repeating: 0x0c, count: 20),
            data: Array("Test With Truncation".utf8), code: "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"),
        Row(
            name: "RFC 2202 case 6", digest: .sha1, key: .init(repeating: 0xaa, count: 80),
            data: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "aa4ae5e15272d00e95705637ce8a3b55ed402112"),
        Row(
            name: "RFC 2202 case 7", digest: .sha1, key: .init(repeating: 0xaa, count: 80),
            data: Array("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data".utf8),
            code: "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"),
        Row(
            name: "empty key and message", digest: .sha1, key: [], data: [],
            code: "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d"),
        Row(
            name: "RFC 4231 case 2", digest: .sha256, key: Array("Jefe".utf8),
            data: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ]

    @Test(arguments: rows) func vector(_ row: Row) throws {
        let hmac = try HMAC(row.digest, key: row.key)
        // Twice, with another message between: the saved state must not move.
        #expect(Hex.encode(hmac.code(of: row.data.span.bytes)) == row.code)
        hmac.authenticate([1, 2, 3].span.bytes)
        #expect(Hex.encode(hmac.code(of: row.data.span.bytes)) == row.code)
    }

    @Test func digests() throws {
        #expect(try MessageDigest.md5.hexHash("") == "d41d8cd98f00b204e9800998ecf8427e")
        #expect(try MessageDigest.md5.hexHash("message digest") == "f96b697d7cb7938d525a2f31aaf161d0")
        #expect(try MessageDigest.sha1.hexHash("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(try MessageDigest.sha1.hexHash("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(
            try MessageDigest.sha256.hexHash("abc")
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            try MessageDigest.sha512_256.hexHash("abc")
                == "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23")
    }

    @Test func comparison() {
        #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2, 4]))
        #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
        #expect(constantTimeEquals([UInt8](), []))
    }

    @Test func randomOctetsDiffer() throws {
        let first = try SecureRandom.octets(20)
        #expect(first.count == 20)
        #expect(try SecureRandom.octets(20) != first)
        #expect(try SecureRandom.octets(0).isEmpty)
    }
}
