/// Writes down what servers are told and what they do with it: every REGISTER with its answer, by whomever it was
/// forwarded, and the requests that may be for a registered phone. Rules on registrars, edges and proxies read it at the
/// end.
struct ServerBook: Sendable {
    /// What is kept; the rest is counted.
    static let maximumRegistrations = 100_000
    static let maximumRequests = 50_000
    /// REGISTERs of one address-of-record, the latest of them: rules compare each with each.
    static let maximumPerUser = 256

    /// In no order.
    private(set) var registrations: [BindingNote] = []
    private(set) var requests: [RequestNote] = []
    /// Registrations and requests that found no room.
    private(set) var dropped = 0
    /// Requests after that time are not all there.
    private(set) var requestsUntil = Int64.max
    /// Where the note of a request is, by flow, direction, Call-ID, CSeq and branch.
    private var places: [Int: Int] = [:]
    /// Where the notes of each address-of-record are, and under which keys.
    private var users: [String: [(key: Int, place: Int)]] = [:]
    /// What REGISTERs said, by their words' keys; begun anew when it has grown as long as the notes may be.
    private var known: [Int: BindingNote.Words] = [:]
    /// Call-ID and CSeq of requests with a token: what became of them is kept too.
    private var followed: Set<Int> = []

    mutating func observe(
        _ message: borrowing SIPMessage, _ flow: FlowID, _ direction: FlowEvent.Direction, _ time: Timestamp,
        _ frame: UInt64
    ) {
        // Of the rest only final answers and requests matter.
        guard message.isRequest || message.statusCode >= 200, let branch = (try? message.topVia())?.branch else {
            return
        }
        var hasher = Hasher()
        hasher.combine(flow)
        hasher.combine(message.isRequest ? direction : direction.opposite)
        // A request line may say otherwise than its CSeq, by which the answer goes: the two are then none of one another.
        hasher.combine(message.method == .register)
        hasher.combine(RegistrationReader.transactionKey(message))
        hasher.combine(branch)
        let key = hasher.finalize()
        switch (message.method == .register, message.isRequest) {
        case (true, true): register(copy message, key, flow, time, frame)
        case (true, false):
            guard let place = places[key], registrations[place].status == 0 else { return }
            registrations[place].take(copy message, at: time)
        case (false, true): take(copy message, key, flow, direction, time, frame)
        case (false, false):
            guard let place = places[key], requests[place].status == 0 else { return }
            requests[place].status = message.statusCode
            requests[place].answered = time.nanoseconds
        }
    }

    private mutating func register(
        _ message: SIPMessage, _ key: Int, _ flow: FlowID, _ time: Timestamp, _ frame: UInt64
    ) {
        guard places[key] == nil else { return }
        let words = RegistrationReader.wordsKey(message)
        guard let said = known[words] ?? BindingNote.Words(message),
            let note = BindingNote(message, saying: said, flow, time, frame)
        else { return }
        if known.count >= Self.maximumRegistrations { known = [:] }
        known[words] = said
        var own = users[note.aor] ?? []
        let isFull = registrations.count >= Self.maximumRegistrations
        if own.count >= Self.maximumPerUser || isFull {
            dropped += 1
            guard !own.isEmpty else { return }
            // The oldest makes room: what is missing in front is like a capture that began later, while without the latest
            // nobody would know where the binding is.
            let oldest = own.removeFirst()
            places[oldest.key] = nil
            registrations[oldest.place] = note
            own.append((key, oldest.place))
        } else {
            own.append((key, registrations.count))
            registrations.append(note)
        }
        places[key] = own.last?.place
        users[note.aor] = own
    }

    private mutating func take(
        _ message: SIPMessage, _ key: Int, _ flow: FlowID, _ direction: FlowEvent.Direction, _ time: Timestamp,
        _ frame: UInt64
    ) {
        let isFollowed = followed.contains(RegistrationReader.transactionKey(message))
        guard places[key] == nil, let note = RequestNote(message, flow, direction, time, frame, isFollowed: isFollowed)
        else { return }
        guard requests.count < Self.maximumRequests else {
            dropped += 1
            requestsUntil = min(requestsUntil, time.nanoseconds)
            return
        }
        if note.token != nil { followed.insert(note.transaction) }
        places[key] = requests.count
        requests.append(note)
    }
}
