/// A phone's own Contact as a 2xx to its REGISTER lists it: one way of finding it for the phone and for the judge.
struct OwnContact {
    let instance: InstanceID?
    let regID: RegID?
    let uri: SIPURI?

    /// By instance and reg-id, else by the URI.
    func find(in contacts: [Contact]) -> Contact? {
        if let known = contacts.first(where: hasKey) { return known }
        guard let uri else { return nil }
        // Parameters are left aside: registrars drop or add them.
        return unkeyed(contacts).first { $0.uri?.isSamePlace(as: uri) ?? false }
    }

    /// Where a registrar has written the address that it sees in the place of ours (`rewrite_contact` of Asterisk's PJSIP).
    func findRewritten(in contacts: [Contact], at address: TransportAddress) -> Contact? {
        guard var place = uri else { return nil }
        place.host = "\(address.ip)"
        place.port = address.port
        return unkeyed(contacts).first { $0.uri?.isSamePlace(as: place) ?? false }
    }

    func hasKey(_ contact: Contact) -> Bool {
        guard let instance, let regID, let itsRegID = contact.regID.flatMap({ try? RegID.parse($0) }),
            let itsInstance = contact.instance.flatMap({ InstanceID(tolerating: $0) })
        else { return false }
        return itsRegID == regID && itsInstance == instance
    }

    /// With a key of its own it is another binding, also where both have one URI: over datagrams a phone registers all its
    /// flows from one port.
    private func unkeyed(_ contacts: [Contact]) -> [Contact] {
        guard instance != nil, regID != nil else { return contacts }
        return contacts.filter { contact in
            contact.regID.flatMap { try? RegID.parse($0) } == nil
                || contact.instance.flatMap { InstanceID(tolerating: $0) } == nil
        }
    }
}

/// The contacts of a 2xx to REGISTER. One that is listed with no time left is no binding: that is how some registrars
/// say that they have removed it (RFC 3261 §10.2.2), and FreeSWITCH does.
struct ListedContacts {
    /// With time left.
    let bindings: [Contact]
    /// Our own among them.
    let own: Contact?
    /// Our own, where it is listed with no time left.
    let spent: Contact?

    /// - Parameter header: Expires of the answer, which holds for an own Contact without the parameter.
    init(_ contacts: [Contact], header: UInt64?, own: OwnContact) {
        let live = contacts.filter { $0.expires != 0 }
        let found = own.find(in: live)
        let isSpent = found.map { $0.expires == nil && header == 0 } ?? false
        self.own = isSpent ? nil : found
        bindings = isSpent ? live.filter { $0 != found } : live
        spent = isSpent ? found : found == nil ? own.find(in: contacts.filter { $0.expires == 0 }) : nil
    }
}
