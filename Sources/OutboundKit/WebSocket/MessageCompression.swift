/// What two ends agreed on about permessage-deflate (RFC 7692 §7.1). Window sizes do not matter to a reader with the largest
/// one.
public struct MessageCompression: Sendable, Hashable {
    /// Whether the client's messages may refer to those before; else each stands alone.
    public let clientKeepsContext: Bool
    public let serverKeepsContext: Bool

    static let name = "permessage-deflate"

    /// Reads a server's answer; nil when it grants no compression.
    init?(granted head: HTTPHead) {
        for extensionText in head.list("sec-websocket-extensions") {
            let parts = extensionText.split(separator: ";").map { HTTPHead.trimmed($0).lowercased() }
            guard parts.first == Self.name else { continue }
            clientKeepsContext = !parts.contains("client_no_context_takeover")
            serverKeepsContext = !parts.contains("server_no_context_takeover")
            return
        }
        return nil
    }

    /// Whether a client offers it.
    static func isOffered(in head: HTTPHead) -> Bool {
        head.list("sec-websocket-extensions").contains { $0.lowercased().hasPrefix(name) }
    }
}
