/// How calls reach a device that has several flows (RFC 5626 §7).
extension DeviceRules {
    static let delivery: [any DeviceRule] = [OneFlowAtATime(), NoOtherFlowAfterAnAnswer()]

    /// OB-AP-001: never two flows of one device at a time.
    struct OneFlowAtATime: DeviceRule {
        let requirement: Requirement.ID = "OB-AP-001"
        /// Who tries one flow after the other gives the first more time than that.
        private static let together: Int64 = .second

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            // Without an instance-id each contact is a target of its own (RFC 3261 §16.6).
            guard device.hasInstance else { return }
            let both = device.pairsOfDeliveries.first { first, second in
                second.note.time &- first.note.time < Self.together
                    && (first.note.status == 0 || first.note.answered > second.note.time)
                    && device.isAlive(first.flow, at: second.note.time) && !device.hasLeft(first.flow)
            }
            guard let both else {
                if let one = device.deliveries.first, Set(device.notes.filter(\.isGranted).map(\.flow)).count > 1 {
                    out.pass(requirement, one.flow, "Each INVITE came on one flow at a time.")
                }
                return
            }
            out.add(
                .fail(
                    requirement, subject: both.second.flow.description,
                    message: "One INVITE came on two flows of the device at a time: one phone rings twice.",
                    evidence: both.second.note.evidence(
                        "the INVITE that \(both.first.flow) got \(seconds(both.second.note.time &- both.first.note.time)) before",
                        expected: "the second flow only when the first one has failed"),
                    [both.first.note.evidence("the INVITE on \(both.first.flow)")], diagnosis: "DX-BIND-03",
                    advice: "The proxy must try the bindings of one AOR and instance-id one after the other, by reg-id."
                ))
        }
    }

    /// OB-AP-003: after a final answer other than 408 and 430 the call does not come on another flow of the device. 487
    /// answers what the proxy itself has cancelled.
    struct NoOtherFlowAfterAnAnswer: DeviceRule {
        let requirement: Requirement.ID = "OB-AP-003"
        private static let mayGoOn: Set<UInt16> = [408, 430, 487]

        func judge(_ device: DeviceCase, _ out: inout FindingList) {
            guard device.hasInstance else { return }
            let again = device.pairsOfDeliveries.first { first, second in
                first.note.status != 0 && first.note.answered < second.note.time
                    && !Self.mayGoOn.contains(first.note.status)
            }
            guard let again else {
                let refused = device.deliveries.first {
                    $0.note.status >= 300 && !Self.mayGoOn.contains($0.note.status)
                }
                if let refused, Set(device.notes.filter(\.isGranted).map(\.flow)).count > 1 {
                    out.pass(requirement, refused.flow, "A call that was answered did not come again on another flow.")
                }
                return
            }
            out.add(
                .fail(
                    requirement, subject: again.second.flow.description,
                    message:
                        "An INVITE that the device had answered with \(again.first.note.status) came again on another flow.",
                    evidence: again.second.note.evidence(
                        "the same INVITE \(seconds(again.second.note.time &- again.first.note.answered)) after the \(again.first.note.status)",
                        expected: "nothing: only 408 and 430 lead to another flow"),
                    [again.first.note.evidence("the INVITE on \(again.first.flow)")], diagnosis: "DX-BIND-03",
                    advice: "The proxy must take the answer of one flow for that of the device."))
        }
    }
}

extension DeviceCase {
    fileprivate var hasInstance: Bool { notes.contains { $0.instance != nil } }

    /// The binding of that flow went over to another one: the phone moved.
    fileprivate func hasLeft(_ flow: FlowID) -> Bool { ledger[flow]?.sights.contains(.replaced) == true }

    /// One INVITE on two flows of the device, in the order of time.
    fileprivate var pairsOfDeliveries:
        [(first: (flow: FlowID, note: DeliveryNote), second: (flow: FlowID, note: DeliveryNote))]
    {
        var latest: [Int: (flow: FlowID, note: DeliveryNote)] = [:]
        var pairs: [(first: (flow: FlowID, note: DeliveryNote), second: (flow: FlowID, note: DeliveryNote))] = []
        for delivery in deliveries {
            if let before = latest[delivery.note.key], before.flow != delivery.flow { pairs.append((before, delivery)) }
            latest[delivery.note.key] = delivery
        }
        return pairs
    }
}

/// An INVITE outside of a dialog that a server sent to a device.
struct DeliveryNote: Sendable {
    let time: Int64
    let frame: UInt64
    /// Call-ID and CSeq.
    let transaction: Int
    /// The same and the user of the Request-URI: a call that rings for two accounts of one phone is not one.
    let key: Int
    /// The final answer; 0 without one.
    var status: UInt16 = 0
    var answered = Int64.never

    /// - Returns: nil for a request within a dialog.
    init?(_ message: SIPMessage, _ time: Timestamp, _ frame: UInt64) {
        guard let to = try? message.nameAddrs(.to).first, to.parameter("tag") == nil else { return nil }
        self.time = time.nanoseconds
        self.frame = frame
        transaction = RegistrationReader.transactionKey(message)
        let user = (try? SIPURI.parse(message.text(message.requestURI)))?.user ?? ""
        var hasher = Hasher()
        hasher.combine(transaction)
        hasher.combine(user)
        key = hasher.finalize()
    }

    func evidence(_ observed: String, expected: String? = nil) -> Evidence {
        Evidence(at: time, frame: frame, observed, expected: expected)
    }
}
