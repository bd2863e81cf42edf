import Glibc
import OutboundKit
import Testing

/// What helps where the host itself refuses a socket or an address of ours.
@Suite struct HostAdviceTests {
    private static let local = TransportAddress("127.0.0.1:5060")

    @Test(arguments: [
        (EADDRINUSE, "ss -lnp"), (EACCES, "CAP_NET_BIND_SERVICE"), (EADDRNOTAVAIL, "ip addr"),
        (EAFNOSUPPORT, "has no IPv4"), (EMFILE, "ulimit -n"), (ENFILE, "fs.file-max"),
    ])
    func advice(_ number: Int32, _ words: String) throws {
        let error = TransportError(.bind, .udp, Self.local, errno: number)
        #expect(try #require(error.hostAdvice).contains(words))
    }

    @Test func familyIsNamed() throws {
        let error = TransportError(.connect, .udp, TransportAddress("[::1]:5060"), errno: EAFNOSUPPORT)
        #expect(try #require(error.hostAdvice).contains("has no IPv6"))
    }

    /// What is wrong at the far end is not looked for on this host.
    @Test(arguments: [ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EADDRNOTAVAIL, EADDRINUSE, EACCES, 0])
    func farEnd(_ number: Int32) {
        #expect(TransportError(.connect, .tcp, Self.local, errno: number).hostAdvice == nil)
    }
}
