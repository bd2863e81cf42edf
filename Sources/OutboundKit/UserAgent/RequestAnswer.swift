/// The answers of a user agent that takes part in little: 200 to what it accepts, such as OPTIONS, so that a server's
/// probes find it alive, and 480 to all else (RFC 3261 §8.2.6, §21.4.18).
enum RequestAnswer {
    static func bytes(for request: SIPMessage, tag: String, accepting methods: Set<SIPMethod>) -> [UInt8] {
        let isAccepted = methods.contains(request.method)
        var writer = MessageWriter(
            status: isAccepted ? 200 : 480, reason: isAccepted ? "OK" : "Temporarily Unavailable", to: request,
            toTag: tag)
        writer.copy(.recordRoute, from: request)
        return writer.finish()
    }
}
