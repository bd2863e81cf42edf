/// Connections that were tried in vain, by the hosts between which they were tried.
struct UnansweredAttempts: Sendable {
    struct Hosts: Hashable, Sendable {
        let client: IPAddress
        let server: IPAddress
    }

    /// Attempts of two hosts that are nearer to each other than this are told as one.
    private static let together = 60 * Int64.second
    /// Such stretches of two hosts; what comes beyond lengthens the last.
    private static let maximumStretches = 64

    private(set) var stretches: [Hosts: [HiddenAttempt]] = [:]

    private var count = 0

    /// Octets that it takes, about.
    var octets: Int { (stretches.count + count) << 7 }

    mutating func add(_ attempt: UnansweredAttempt) {
        let (start, end) = (attempt.start.nanoseconds, attempt.end.nanoseconds)
        let hosts = Hosts(client: attempt.client.ip, server: attempt.server.ip)
        var own = stretches[hosts] ?? []
        let near = own.firstIndex { start &- $0.end < Self.together && $0.start &- end < Self.together }
        if let place = near ?? (own.count < Self.maximumStretches ? nil : own.count - 1) {
            own[place].start = min(own[place].start, start)
            own[place].end = max(own[place].end, end)
        } else {
            count += 1
            own.append(
                HiddenAttempt(
                    client: hosts.client, server: attempt.server, kind: .unanswered, start: start, end: end))
        }
        stretches[hosts] = own
    }
}
