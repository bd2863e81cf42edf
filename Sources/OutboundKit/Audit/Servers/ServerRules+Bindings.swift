/// Which bindings a registrar holds beside each other, as its answers list them (RFC 3261 §10.3, RFC 5626 §6).
extension ServerRules {
    static let bindings: [any ServerRule] = [
        TwoRegIDsTwoBindings(), OutboundBesidePlain(), CSeqMustRise(), DropsBindingAfter430(), EachHopOnTop(),
    ]

    /// An answer, and another binding that had been made and had not run out by then.
    struct Pair {
        let answer: BindingNote
        let other: BindingNote
        let key: BindingKey
        var isListed: Bool { answer.lists(key) }

        var evidence: [Evidence] {
            [
                other.evidence("\(key.words) is registered, for \(seconds(other.expiry &- other.answered))"),
                Evidence(at: answer.answered, frame: 0, answer.listing, expected: "\(other.place) too"),
            ]
        }

        /// So soon after its registration nobody takes a silent flow for dead.
        private static let fresh = 60 * Int64.second

        /// Whether the other flow was up and registered on both sides, so that nobody had a reason to drop its binding.
        func isCertain(_ user: ServerCase.User, _ servers: ServerCase) -> Bool {
            guard other.flow != answer.flow || !user.isOwnFlows else { return false }
            // Edges learn that a flow is gone, and registrars by a request that gets no good answer.
            if let token = other.token, servers.lostTokens.contains(token) { return false }
            let isFresh = answer.time &- other.answered < Self.fresh
            guard user.isOwnFlows else {
                // Behind an edge a flow shows that it is there when it refreshes its binding.
                return isFresh
                    || user.notes.contains { $0.key == key && $0.time > answer.time && $0.path == other.path }
            }
            guard servers.isAlive(other.flow, at: answer.answered), let record = servers.record(other),
                let answering = servers.record(answer)
            else { return false }
            // Registrars that share their bindings take a moment for it.
            let isShared = record.server != answering.server
            if isShared, answer.time &- other.answered < ServerCase.margin { return false }
            return isFresh || record.lastFromServer > answer.answered
        }

        /// A capture may lose a datagram, and with it a removal: nothing later shows that the binding is still wanted.
        func mayBeRemoved(_ user: ServerCase.User, _ servers: ServerCase) -> Bool {
            guard let record = servers.record(other), !record.isStream else { return false }
            if user.isOwnFlows, record.lastKeepAlive > answer.answered { return false }
            let next = user.notes.first { $0.key == key && $0.time > answer.answered }
            guard let next else { return true }
            // None came in between.
            return next.callID != other.callID || next.cseq != other.cseq &+ 1
        }

        /// - Parameter isWanted: whether the two are such a pair.
        static func all(
            of user: ServerCase.User, where isWanted: (_ answer: BindingNote, _ key: BindingKey) -> Bool
        ) -> [Pair] {
            var pairs: [Pair] = []
            for note in user.notes where note.isGranted && !note.isRemoval && note.own != nil {
                guard let own = note.key else { continue }
                for key in user.keys(by: note.time) where key != own && isWanted(note, key) {
                    // In other words than its own answer has, nobody would find it in this one.
                    guard let other = user.current(key, at: note.answered), other.own != nil else { continue }
                    // Nothing for that binding may be on its way, and no plain one for its contact have come.
                    let isBusy = user.notes.contains { next in
                        (next.key == key || next.removes(other)) && next.time <= note.answered
                            && (next.status == 0 || next.answered > note.time)
                            || key.regID != nil && next.key?.regID == nil && next.place == other.place
                                && next.time >= other.time && next.time <= note.answered
                    }
                    if !isBusy { pairs.append(Pair(answer: note, other: other, key: key)) }
                }
            }
            return pairs
        }
    }

    /// OB-REG-015: another reg-id of an instance makes a second binding.
    struct TwoRegIDsTwoBindings: ServerRule {
        let requirement: Requirement.ID = "OB-REG-015"
        fileprivate static let unseen =
            "nothing that came later shows that it was still wanted, and a datagram that removed it may be missing in the capture"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            for user in servers.users {
                let pairs = Pair.all(of: user) { note, key in
                    note.isOutbound && key.regID != nil && key.instance == note.key?.instance
                }.filter { $0.other.isOutbound && $0.isCertain(user, servers) }
                guard let pair = pairs.first(where: { !$0.isListed }) ?? pairs.first else { continue }
                judge(pair, user, servers, &out)
            }
        }

        private func judge(
            _ pair: Pair, _ user: ServerCase.User, _ servers: ServerCase, _ out: inout FindingList
        ) {
            guard !pair.isListed else {
                return out.pass(requirement, pair.answer.flow, "Both reg-ids of the device are listed.")
            }
            let name = pair.answer.key?.words ?? ""
            if let why = doubt(pair, user, servers) {
                return out.add(
                    .unknown(
                        requirement, .side, subject: pair.answer.flow.description,
                        message: "The answer to \(name) does not list \(pair.key.words), but \(why).",
                        evidence: pair.evidence))
            }
            out.add(
                .fail(
                    requirement, subject: pair.answer.flow.description,
                    message:
                        "\(user.aor): the answer to \(name) no longer lists \(pair.key.words) of the same device, which has \(seconds(pair.other.expiry &- pair.answer.answered)) to go.",
                    evidence: pair.evidence[1], [pair.evidence[0]], diagnosis: "DX-BIND-01",
                    advice:
                        "The registrar must keep one binding for each reg-id. If one contact a user is its policy (Kamailio: max_contacts=1), allow as many as a phone has flows; if something on the way leaves contacts out of the 200, it must not."
                ))
        }

        /// What speaks for a list that is not complete.
        private func doubt(_ pair: Pair, _ user: ServerCase.User, _ servers: ServerCase) -> String? {
            let next = user.notes.first { $0.key == pair.key && $0.time > pair.answer.answered }?.time ?? .max
            let isReached = servers.requests.contains { request in
                request.flow == pair.other.flow && !request.isInDialog && servers.isDelivery(request)
                    && request.time > pair.answer.answered &+ ServerCase.margin && request.time < next
                    && request.place == pair.other.place
            }
            if isReached { return "requests still come over it: this server does not list all that it holds" }
            // An edge or border controller may hand on the own contact alone.
            guard servers.listsOthers(in: pair.answer.domain) else {
                return
                    "no answer of this server lists another contact than the own one: it names that alone, or holds one contact a user (Kamailio: max_contacts=1)"
            }
            if pair.mayBeRemoved(user, servers) { return Self.unseen }
            if isRestart(pair, user) {
                return
                    "it came with a new Call-ID, as when the phone is started anew: this server may drop its other flows then (Kamailio does)"
            }
            return isLeast(pair, user) && servers.isLongest(pair.answer)
                ? "no answer of this server lists more contacts than this one, and that was the oldest: it may hold so many a user"
                : nil
        }

        /// Whether the REGISTER was not the first for its binding, and not of the Call-ID of before: as far as anybody knows, the
        /// flows of before are gone with the phone.
        private func isRestart(_ pair: Pair, _ user: ServerCase.User) -> Bool {
            let before = user.notes.last {
                $0.key == pair.answer.key && $0.isGranted && $0.answered < pair.answer.time
            }
            guard let before else { return pair.answer.key.map(pair.other.lists) ?? true }
            return before.callID != pair.answer.callID
        }

        /// Whether it was bound before all those that are listed, so that it has to go where there is no more room.
        private func isLeast(_ pair: Pair, _ user: ServerCase.User) -> Bool {
            (pair.answer.listed ?? []).allSatisfy { contact in
                user.current(contact.key, at: pair.answer.answered).map { $0.time >= pair.other.time } ?? true
            }
        }
    }

    /// OB-REG-011: outbound and plain bindings of one AOR side by side.
    struct OutboundBesidePlain: ServerRule {
        let requirement: Requirement.ID = "OB-REG-011"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            for user in servers.users {
                let pairs = Pair.all(of: user) { note, key in
                    // A phone that changes from the one to the other does not leave two behind.
                    (note.isOutbound && key.regID == nil
                        || !note.isOutbound && note.key?.regID == nil && key.regID != nil)
                        && key.place != note.place && (key.instance == nil || key.instance != note.key?.instance)
                }.filter { pair in
                    pair.other.place != pair.answer.place && pair.other.isOutbound != pair.answer.isOutbound
                        && pair.isCertain(user, servers)
                }
                guard let pair = pairs.first(where: { !$0.isListed }) ?? pairs.first else { continue }
                if pair.isListed {
                    out.pass(requirement, pair.answer.flow, "A binding with outbound and one without are both listed.")
                } else if pair.mayBeRemoved(user, servers) {
                    out.add(
                        .unknown(
                            requirement, .cut, subject: pair.answer.flow.description,
                            message:
                                "Of a binding with outbound and one without the answer to \(pair.answer.key?.words ?? "") does not list \(pair.key.words), but \(TwoRegIDsTwoBindings.unseen).",
                            evidence: pair.evidence))
                } else if servers.listsOthers(in: pair.answer.domain) {
                    out.add(
                        .fail(
                            requirement, subject: pair.answer.flow.description,
                            message:
                                "\(user.aor): the answer to \(pair.answer.key?.words ?? "") no longer lists \(pair.key.words): of a binding with outbound and one without, one replaced the other.",
                            evidence: pair.evidence[1], [pair.evidence[0]],
                            advice:
                                "The registrar must hold both. If it allows too few contacts a user, allow more."))
                } else {
                    out.add(
                        .unknown(
                            requirement, .side, subject: pair.answer.flow.description,
                            message:
                                "A binding with outbound and one without, and each answer lists the own one alone: the registrar may hold one contact a user, or name no other.",
                            evidence: pair.evidence))
                }
            }
        }
    }

    /// OB-REG-027: with the same Call-ID a lower CSeq changes nothing.
    struct CSeqMustRise: ServerRule {
        let requirement: Requirement.ID = "OB-REG-027"
        /// Datagrams overtake each other by less.
        private static let reordering = Int64.second / 2

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            for user in servers.users {
                var refusal: BindingNote?
                var wrong: (note: BindingNote, before: BindingNote)?
                for (index, note) in user.notes.enumerated() where note.status != 0 && !note.isRemoval {
                    // Whatever its Call-ID is: that one's is the binding's.
                    let before = user.notes[..<index].last { before in
                        before.key == note.key && (before.isGranted || before.status == 0)
                            && before.answered &+ Self.reordering < note.time
                    }
                    guard let before, before.callID == note.callID, before.cseq > note.cseq,
                        let key = note.key, user.current(key, at: note.time)?.time == before.time,
                        servers.record(before)?.server == servers.record(note)?.server
                    else { continue }
                    if note.status >= 400, note.status != 401, note.status != 407 { refusal = refusal ?? note }
                    if note.isGranted, changes(note, before) { wrong = wrong ?? (note, before) }
                }
                if let wrong {
                    out.add(
                        .warn(
                            requirement, subject: wrong.note.flow.description,
                            message:
                                "\(user.aor): a REGISTER with CSeq \(wrong.note.cseq) changed the binding that one with CSeq \(wrong.before.cseq) and the same Call-ID had made.",
                            evidence: [
                                wrong.before.evidence("CSeq \(wrong.before.cseq)"),
                                wrong.note.evidence(
                                    "CSeq \(wrong.note.cseq), answered with \(wrong.note.listing)",
                                    expected: "500, or the binding as it was"),
                            ],
                            advice:
                                "The registrar must compare CSeq with that of the binding; the phone must count on, or take a new Call-ID when it starts."
                        ))
                } else if let refusal {
                    out.pass(requirement, refusal.flow, "A REGISTER with a lower CSeq was refused.")
                }
            }
        }

        /// The answer has another place, or a lifetime that the binding did not have left.
        private func changes(_ note: BindingNote, _ before: BindingNote) -> Bool {
            guard let own = note.own, own.place == note.place else { return false }
            if note.place != before.place { return true }
            guard let expires = own.expires else { return false }
            return Int64(expires) * .second > before.expiry &- note.answered &+ ServerCase.margin
        }
    }

    /// OB-AP-008: 430 makes the proxy drop the binding.
    struct DropsBindingAfter430: ServerRule {
        let requirement: Requirement.ID = "OB-AP-008"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            for request in servers.requests where request.status == 430 {
                guard let owners = request.token.flatMap({ servers.byToken[$0] }),
                    let dead = owners.last(where: { $0.answered < request.time }), let key = dead.key,
                    let user = servers.users(at: dead.place).first(where: { $0.aor == dead.aor })
                else { continue }
                let next = user.notes.first { note in
                    note.time > request.answered && note.isGranted && note.listed != nil && note.key != key
                }
                guard let next, next.answered < dead.expiry &- ServerCase.margin,
                    !user.notes.contains(where: {
                        ($0.key == key || $0.removes(dead)) && $0.time > dead.time && $0.time < next.answered
                    })
                else { continue }
                guard next.lists(key) else {
                    // An answer that names the own contact alone tells nothing of others.
                    guard servers.listsOthers(in: next.domain) else { continue }
                    return out.pass(requirement, next.flow, "The binding that met 430 is not listed any more.")
                }
                return out.add(
                    .info(
                        requirement, subject: next.flow.description,
                        message:
                            "\(user.aor): \(key.words) met 430, and is still listed: the next call tries it again.",
                        evidence: [
                            request.evidence("430"), Evidence(at: next.answered, frame: 0, next.listing, expected: nil),
                        ]))
            }
        }
    }

    /// OB-PATH-001: each proxy puts its Path value on top.
    struct EachHopOnTop: ServerRule {
        let requirement: Requirement.ID = "OB-PATH-001"

        func judge(_ servers: ServerCase, _ out: inout FindingList) {
            let groups = Dictionary(grouping: servers.forwarded, by: \.transaction).values
                .filter { $0.count > 1 }.sorted { ($0[0].time, $0[0].flow) < ($1[0].time, $1[0].flow) }
            var passes: BindingNote?
            for group in groups {
                let hops = group.sorted { $0.hops < $1.hops }
                for (near, far) in zip(hops, hops.dropFirst()) {
                    let (old, new) = (near.requestPath, far.requestPath)
                    guard near.hops < far.hops, !old.isEmpty, new.count > old.count else { continue }
                    if Array(new.suffix(old.count)) == old {
                        passes = passes ?? far
                    } else if Array(new.prefix(old.count)) == old {
                        return out.add(
                            .fail(
                                requirement, subject: far.flow.description,
                                message:
                                    "A proxy put its Path value below those of before: requests to the phone take the hops in the wrong order.",
                                evidence: far.evidence(
                                    "Path: \(new.map { "<\($0)>" }.joined(separator: ", "))",
                                    expected: "the own value on top of \(old.map { "<\($0)>" }.joined(separator: ", "))"
                                ),
                                [near.evidence("Path: \(old.map { "<\($0)>" }.joined(separator: ", "))")],
                                advice: "The proxy must add its value in front of the first Path value (RFC 3327 §5.2)."
                            ))
                    }
                }
            }
            if let passes { out.pass(requirement, passes.flow, "Each hop stands on top of those of before.") }
        }
    }
}
