/// Writes down what devices do over their whole run: their REGISTERs with the answers, and the requests that open
/// dialogs. Rules on the conduct of a device read it at the end.
public struct DeviceBook: FlowEventSink, Sendable {
    /// What is written down for one flow; the rest of it is counted.
    static let maximumNotes = 64
    static let maximumDialogs = 16
    /// Flows without a REGISTER on which somebody opened a dialog.
    static let maximumStrangers = 4096
    public static let maximumFlows = 200_000

    struct Page: Sendable {
        /// The side that registers.
        let client: FlowEvent.Direction
        var registrations: [RegistrationNote] = []
        /// Which of them wait for an answer: Call-ID and CSeq, and the place.
        var pending: [(key: Int, index: Int)] = []
        var dialogs: [DialogNote] = []
        /// INVITEs that the server sent, each once.
        var deliveries: [DeliveryNote] = []
        /// The last 403 or 430 to a request of the client, until it is taken up.
        var refusal: Refusal?
        /// The same request again within two seconds of such an answer, by who sent it.
        var redials: [String: Redials] = [:]
    }

    /// How often a user sent a refused request again at once, and the first of them.
    struct Redials: Sendable {
        static let maximumMarks = 4
        var count = 0
        var marks: [(time: Int64, frame: UInt64, status: UInt16, after: Int64)] = []
    }

    struct Refusal: Sendable {
        let status: UInt16
        let time: Int64
        let method: SIPMethod
        let from: String
        let to: String
        /// Call-ID and CSeq: the request itself may come once more, because it crossed with the answer.
        let key: Int
    }

    private(set) var pages: [FlowID: Page] = [:]
    /// What REGISTERs said, by their words' keys.
    private var known: [Int: RegistrationNote.Words] = [:]
    private(set) var strangers: [FlowID: StrangerNote] = [:]
    /// Somebody was refused at all; before that no request needs to be compared with anything.
    private var hasRefusals = false
    /// Registrations that found no room.
    public private(set) var dropped = 0
    /// What the servers do, whoever stands between.
    private(set) var servers: ServerBook?

    /// - Parameter comparesServers: what servers do is looked at, which takes all flows of all users.
    public init(comparesServers: Bool = true) {
        if comparesServers { servers = ServerBook() }
    }

    public mutating func observe(_ event: borrowing FlowEvent) {
        guard case .sip(let message) = event.what else { return }
        servers?.observe(message, event.flow, event.direction, event.time, event.frame)
        if message.method == .register {
            if message.isRequest {
                register(message, event.flow, event.direction, event.time, event.frame)
            } else if message.statusCode >= 200 {
                answer(message, event.flow, event.direction, event.time)
            }
        } else if message.isRequest {
            if hasRefusals { compareWithRefusal(message, event.flow, event.direction, event.time, event.frame) }
            if DialogNote.methods.contains(message.method) {
                dialog(message, event.flow, event.direction, event.time, event.frame)
            }
            if message.method == .invite {
                deliver(message, event.flow, event.direction, event.time, event.frame)
            }
        } else if message.method == .invite, pages[event.flow]?.client == event.direction {
            takeAnswer(message, event.flow, event.time)
        } else if message.statusCode == 403 || message.statusCode == 430 {
            refuse(message, event.flow, event.direction, event.time)
        }
    }

    private mutating func dialog(
        _ message: borrowing SIPMessage, _ flow: FlowID, _ direction: FlowEvent.Direction, _ time: Timestamp,
        _ frame: UInt64
    ) {
        guard let page = pages[flow] else {
            // One for each flow tells that the flow was used.
            guard strangers[flow] == nil, strangers.count < Self.maximumStrangers, direction == .fromClient,
                message.viaCount == 1
            else { return }
            strangers[flow] = StrangerNote(copy message, time, frame)
            return
        }
        guard page.client == direction, message.viaCount == 1, page.dialogs.count < Self.maximumDialogs,
            let note = DialogNote(copy message, time, frame)
        else { return }
        pages[flow]?.dialogs.append(note)
    }

    // MARK: Deliveries

    private mutating func deliver(
        _ message: borrowing SIPMessage, _ flow: FlowID, _ direction: FlowEvent.Direction, _ time: Timestamp,
        _ frame: UInt64
    ) {
        guard let page = pages[flow], page.client != direction, page.deliveries.count < Self.maximumDialogs,
            let note = DeliveryNote(copy message, time, frame), !page.deliveries.contains(where: { $0.key == note.key })
        else { return }
        pages[flow]?.deliveries.append(note)
    }

    private mutating func takeAnswer(_ message: borrowing SIPMessage, _ flow: FlowID, _ time: Timestamp) {
        guard message.statusCode >= 200 else { return }
        let key = RegistrationReader.transactionKey(message)
        guard let index = pages[flow]?.deliveries.firstIndex(where: { $0.transaction == key && $0.status == 0 }) else {
            return
        }
        pages[flow]?.deliveries[index].status = message.statusCode
        pages[flow]?.deliveries[index].answered = time.nanoseconds
    }

    // MARK: Refusals

    private mutating func refuse(
        _ message: borrowing SIPMessage, _ flow: FlowID, _ direction: FlowEvent.Direction, _ time: Timestamp
    ) {
        guard let page = pages[flow], page.client != direction, let to = Self.target(message),
            let from = Self.sender(message)
        else { return }
        hasRefusals = true
        pages[flow]?.refusal = Refusal(
            status: message.statusCode, time: time.nanoseconds, method: message.method, from: from, to: to,
            key: RegistrationReader.transactionKey(message))
    }

    private mutating func compareWithRefusal(
        _ message: borrowing SIPMessage, _ flow: FlowID, _ direction: FlowEvent.Direction, _ time: Timestamp,
        _ frame: UInt64
    ) {
        guard let page = pages[flow], page.client == direction, let refusal = page.refusal,
            refusal.method == message.method, refusal.key != RegistrationReader.transactionKey(message)
        else { return }
        pages[flow]?.refusal = nil
        let after = time.nanoseconds &- refusal.time
        guard after <= 2 * .second, Self.target(message) == refusal.to, Self.sender(message) == refusal.from,
            page.redials[refusal.from] != nil || page.redials.count < Self.maximumDialogs
        else { return }
        var redials = page.redials[refusal.from] ?? Redials()
        redials.count += 1
        if redials.marks.count < Redials.maximumMarks {
            redials.marks.append((time.nanoseconds, frame, refusal.status, after))
        }
        pages[flow]?.redials[refusal.from] = redials
    }

    private static func sender(_ message: borrowing SIPMessage) -> String? {
        (try? message.nameAddrs(.from).first).map { RegistrationNote.user($0.uri) }
    }

    private static func target(_ message: borrowing SIPMessage) -> String? {
        (try? message.nameAddrs(.to).first)?.uri.description
    }

    public mutating func end(_ flow: FlowID, at: Timestamp) {}

    private mutating func register(
        _ message: borrowing SIPMessage, _ flow: FlowID, _ direction: FlowEvent.Direction, _ time: Timestamp,
        _ frame: UInt64
    ) {
        // Behind a proxy it is no phone's flow.
        guard message.viaCount == 1 else { return }
        let words = RegistrationReader.wordsKey(message)
        guard let said = known[words] ?? RegistrationNote.Words(copy message),
            let note = RegistrationNote(copy message, saying: said, words: words, flow, time, frame)
        else { return }
        if pages.index(forKey: flow) == nil {
            guard pages.count < Self.maximumFlows else {
                dropped += 1
                return
            }
            pages[flow] = Page(client: direction)
        }
        guard let at = pages.index(forKey: flow) else { return }
        switch pages.values[at].take(note, key: RegistrationReader.requestKey(message), from: direction) {
        case .taken: known[words] = said
        case .full: dropped += 1
        case .repeated: break
        }
    }

    private mutating func answer(
        _ message: borrowing SIPMessage, _ flow: FlowID, _ direction: FlowEvent.Direction, _ time: Timestamp
    ) {
        // In its place: a copy of the page would copy all of its notes with the first change.
        guard let at = pages.index(forKey: flow) else { return }
        pages.values[at].answer(message, from: direction, at: time)
    }
}

extension DeviceBook.Page {
    enum Reception {
        case taken
        /// The same request once more, or one from the other side.
        case repeated
        case full
    }

    /// Of that user, and those of strangers where it was the first to register.
    fileprivate func redials(of aor: String) -> [DeviceBook.Redials] {
        guard !redials.isEmpty else { return [] }
        let owners = Set(registrations.map(\.aor))
        let isFirst = registrations.first?.aor == aor
        return redials.sorted { $0.key < $1.key }.filter { $0.key == aor || isFirst && !owners.contains($0.key) }
            .map(\.value)
    }

    /// - Parameter key: what pairs it with its answer (`RegistrationReader.requestKey`).
    fileprivate mutating func take(
        _ note: RegistrationNote, key: Int, from direction: FlowEvent.Direction
    ) -> Reception {
        guard client == direction,
            !registrations.contains(where: { $0.branch == note.branch && $0.callID == note.callID })
        else { return .repeated }
        guard registrations.count < DeviceBook.maximumNotes else { return .full }
        pending.append((key, registrations.count))
        registrations.append(note)
        return .taken
    }

    fileprivate mutating func answer(
        _ message: borrowing SIPMessage, from direction: FlowEvent.Direction, at time: Timestamp
    ) {
        guard client != direction else { return }
        let key = RegistrationReader.requestKey(message)
        guard let place = pending.lastIndex(where: { $0.key == key }) else { return }
        let index = pending.remove(at: place).index
        registrations[index].status = message.statusCode
        registrations[index].answered = time.nanoseconds
        registrations[index].mapped = RegistrationNote.mapped(message)
        if message.statusCode < 300 {
            registrations[index].temporaryGRUU = RegistrationNote.temporaryGRUU(
                copy message, regID: registrations[index].regID)
        }
    }
}

/// One device, or what goes for one: an address-of-record with one instance-id, and all that it registered.
struct DeviceCase: Sendable {
    /// Of a device that registers more often, the first registrations are judged.
    static let maximumNotes = 512

    let aor: String
    /// In the order of time.
    let notes: [RegistrationNote]
    let dialogs: [(flow: FlowID, note: DialogNote)]
    /// In the order of time.
    let deliveries: [(flow: FlowID, note: DeliveryNote)]
    /// Dialogs that its user opened on flows without a registration.
    let strangers: [(flow: FlowID, note: StrangerNote)]
    /// How often its user, or one that no device of the flow registers, sent a refused request again at once.
    let redials: [(flow: FlowID, redials: DeviceBook.Redials)]
    /// A call was refused at all.
    let wasRefused: Bool
    /// No other device of the AOR was seen.
    let isAlone: Bool
    let ledger: FlowLedger

    /// The devices of the book, in the order of their first REGISTER; only flows that a phone owns, each seen once.
    static func all(_ book: DeviceBook, _ ledger: FlowLedger) -> [DeviceCase] {
        struct Key: Hashable {
            let aor: String
            let instance: InstanceID?
            /// Without an instance-id a Call-ID is all that makes two REGISTERs of one device.
            let callID: String?
        }
        struct Registration: Hashable {
            let aor: String
            let callID: String
        }
        struct FlowUser: Hashable {
            let flow: FlowID
            let aor: String
        }
        let pages = book.pages.filter { ledger[$0.key]?.isUserAgentFlow == true }.sorted { $0.key < $1.key }
        // A removal that leaves the instance-id out is still one of the device whose Call-ID it has.
        var named: [Registration: InstanceID] = [:]
        for (_, page) in pages {
            for note in page.registrations where note.instance != nil {
                named[Registration(aor: note.aor, callID: note.callID)] = note.instance
            }
        }
        var groups: [Key: [RegistrationNote]] = [:]
        for (_, page) in pages {
            for note in page.registrations {
                let instance =
                    note.instance
                    ?? (note.isRemoval ? named[Registration(aor: note.aor, callID: note.callID)] : nil)
                let key = Key(aor: note.aor, instance: instance, callID: instance == nil ? note.callID : nil)
                groups[key, default: []].append(note)
            }
        }
        let strangers = Dictionary(
            grouping: book.strangers.filter { book.pages[$0.key] == nil }.sorted { $0.key < $1.key }
        ) { $0.value.aor }
        var devices: [String: Int] = [:]
        for key in groups.keys { devices[key.aor, default: 0] += 1 }
        // A user whose phone has no instance-id is as many devices as it has Call-IDs: what it did on a flow is told once.
        var told: Set<FlowUser> = []
        let inOrder = groups.map { key, notes in
            (key, notes.sorted { ($0.time, $0.cseq, $0.flow) < ($1.time, $1.cseq, $1.flow) })
        }.sorted {
            ($0.1.first?.time ?? 0, $0.0.aor, $0.1.first?.flow ?? FlowID(0))
                < ($1.1.first?.time ?? 0, $1.0.aor, $1.1.first?.flow ?? FlowID(0))
        }
        return inOrder.map { key, notes in
            let notes = Array(notes.prefix(maximumNotes))
            let flows = Set(notes.map(\.flow)).sorted()
            let dialogs = flows.flatMap { flow in (book.pages[flow]?.dialogs ?? []).map { (flow, $0) } }
            let deliveries = flows.flatMap { flow in (book.pages[flow]?.deliveries ?? []).map { (flow, $0) } }
            let own = flows.filter { told.insert(FlowUser(flow: $0, aor: key.aor)).inserted }
            let redials = own.flatMap { flow in
                (book.pages[flow].map { $0.redials(of: key.aor) } ?? []).map { (flow, $0) }
            }
            return DeviceCase(
                aor: key.aor, notes: notes, dialogs: dialogs,
                deliveries: deliveries.sorted { ($0.1.time, $0.0) < ($1.1.time, $1.0) },
                strangers: (strangers[key.aor] ?? []).map { ($0.key, $0.value) }, redials: redials,
                wasRefused: !redials.isEmpty || own.contains { book.pages[$0]?.refusal != nil },
                isAlone: devices[key.aor] == 1, ledger: ledger)
        }
    }

    /// Where passes and general findings belong.
    var flow: FlowID { notes.first?.flow ?? FlowID(0) }

    func record(_ note: RegistrationNote) -> FlowRecord? { ledger[note.flow] }

    /// Whether a REGISTER is the one before it, sent on to another server because the first did not take it: a request of its
    /// own by its branch, and the same by its CSeq (RFC 3261 §8.1.2; RFC 3263 §4.3).
    func isNextTry(_ note: RegistrationNote, after before: RegistrationNote) -> Bool {
        guard note.cseq == before.cseq, !before.isGranted, let first = record(before), let second = record(note) else {
            return false
        }
        return first.server != second.server || first.transport != second.transport
    }

    /// Whether a flow was still good at a time, as far as its record shows.
    func isAlive(_ flow: FlowID, at time: Int64) -> Bool {
        guard let record = ledger[flow] else { return false }
        if record.closing != nil, record.closedAt <= time { return false }
        if record.failedAt != .never, record.failedAt <= time { return false }
        return true
    }
}

/// A rule on what a device does over its run.
protocol DeviceRule: Sendable {
    var requirement: Requirement.ID { get }
    func judge(_ device: DeviceCase, _ out: inout FindingList)
}

enum DeviceRules {
    static let all: [any DeviceRule] = identity + conduct + contacts + dialogs + flows + delivery
}
