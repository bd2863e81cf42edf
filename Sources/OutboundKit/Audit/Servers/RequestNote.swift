/// A request other than REGISTER that may tell how servers reach a registered phone: outside of a dialog, or one that was
/// seen with a token in its Route.
struct RequestNote: Sendable {
    let flow: FlowID
    let time: Int64
    let frame: UInt64
    /// As the event says it: the ledger may know later that the sides were the other way round.
    let direction: FlowEvent.Direction
    let method: SIPMethod
    /// Call-ID and CSeq.
    let transaction: Int
    let callID: Int
    /// Values of Via.
    let hops: Int
    /// Where the Request-URI leads (`SIPURI.place`), and its user.
    let place: String
    let user: String
    /// Who From says it is from.
    let from: String
    let isInDialog: Bool
    let formsDialog: Bool
    /// The topmost Route, if it has a token.
    let token: FlowTokenName?
    /// The next Route value leads to the same place.
    let repeatsRoute: Bool
    /// The topmost Record-Route; nil without any.
    let recordRoute: SIPURI?
    let contactHasOB: Bool
    let contactHost: String
    let contactPort: UInt16
    /// The final answer; 0 without one.
    var status: UInt16 = 0
    var answered = Int64.never

    /// - Parameter isFollowed: the same request was seen with a token before.
    /// - Returns: nil for what tells nothing of that, and what cannot be read.
    init?(
        _ message: SIPMessage, _ flow: FlowID, _ direction: FlowEvent.Direction, _ time: Timestamp, _ frame: UInt64,
        isFollowed: Bool
    ) {
        switch message.method {
        case .register, .ack, .cancel, .prack: return nil
        default: break
        }
        let routes = ((try? message.nameAddrs(.route)) ?? []).prefix(2).map { FlowTokenName($0.uri) }
        let token = routes.first.flatMap(\.self)
        repeatsRoute = routes.count == 2 && token != nil && routes[1] == token
        isInDialog = message.isInDialog
        guard token != nil || isFollowed || !isInDialog,
            let target = try? SIPURI.parse(message.text(message.requestURI)),
            let from = try? message.nameAddrs(.from).first
        else { return nil }
        self.flow = flow
        self.direction = direction
        self.time = time.nanoseconds
        self.frame = frame
        self.token = token
        method = message.method
        transaction = RegistrationReader.transactionKey(message)
        callID = Int(RegistrationReader.callIDKey(message))
        hops = message.viaCount
        place = target.place
        user = target.user ?? ""
        self.from = RegistrationNote.user(from.uri)
        formsDialog = message.formsDialog
        recordRoute = (try? message.nameAddrs(.recordRoute))?.first?.uri
        let contact = formsDialog ? (try? message.contacts())?.first?.uri : nil
        contactHasOB = contact?.hasParameter("ob") ?? false
        contactHost = contact?.host.lowercased() ?? ""
        contactPort = contact?.port ?? 5060
    }

    /// No phone answered, as far as the answer tells.
    var reachedNobody: Bool { [0, 404, 408, 410, 430, 480].contains(status) || (500..<600).contains(status) }

    func evidence(_ observed: String, expected: String? = nil) -> Evidence {
        Evidence(at: time, frame: frame, observed, expected: expected)
    }
}
