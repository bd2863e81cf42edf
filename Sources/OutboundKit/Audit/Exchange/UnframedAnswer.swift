extension Finding {
    /// OB-SIP-003: the answer came, and without Content-Length nobody can take it off the stream.
    public static func unframedAnswer(_ status: UInt16, subject: String) -> Finding {
        .fail(
            "OB-SIP-003", subject: subject, message: "the answer on a stream has no Content-Length",
            evidence: Evidence(
                observed: "the header of a \(status), and no Content-Length in it",
                expected: "Content-Length, 0 where there is no body"),
            advice: "have the server put Content-Length into every message over TCP and TLS: without it no phone can "
                + "tell where the answer ends, and where the next message begins")
    }
}
