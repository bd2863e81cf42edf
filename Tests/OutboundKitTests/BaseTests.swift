import Testing

@testable import OutboundKit

@Suite struct BaseTests {
    @Test func timestamps() {
        #expect(Timestamp(nanoseconds: 1_767_225_600_000_250_000).description == "2026-01-01T00:00:00.000250Z")
        #expect(DecimalSeconds.text(18_249_999_999, places: 3) == "18.250")
    }

    @Test(arguments: ["::", "::1", "2001:db8::2:7", "::ffff:192.0.2.1", "1:0:0:2::3", "192.0.2.1"])
    func addressText(_ text: String) {
        #expect(IPAddress(text)?.description == text)
    }
}
