import OutboundKit

extension JSONWriter {
    /// The member `tls` of a flow: what was agreed on; null without TLS.
    mutating func tls(_ info: TLSInfo?) {
        key("tls")
        guard let info else { return null() }
        beginObject()
        member("version", info.version)
        member("cipher", info.cipher)
        member("peer_subject", info.peerSubject)
        member("complaint", info.complaint?.description)
        endObject()
    }
}
