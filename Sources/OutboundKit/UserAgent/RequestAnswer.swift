/// The answers of a user agent that takes part in nothing: 200 to OPTIONS, so that a server's probes find it alive, and
/// 480 to all else (RFC 3261 §8.2.6, §21.4.18).
enum RequestAnswer {
    static func bytes(for request: SIPMessage, tag: String) -> [UInt8] {
        let isProbe = request.method == .options
        var writer = MessageWriter(
            status: isProbe ? 200 : 480, reason: isProbe ? "OK" : "Temporarily Unavailable", to: request, toTag: tag)
        writer.copy(.recordRoute, from: request)
        return writer.finish()
    }
}
