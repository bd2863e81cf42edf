/// What the list of bindings in a 2xx can show.
extension TestBed {
    /// Goes on only where the 2xx to a registration lists it as what it is: from a list that leaves it out, or leaves out
    /// instance and reg-id, nothing can be read of the bindings.
    /// - Parameter byURI: the Contact URI is enough.
    func needListed(_ reply: Reply, _ phone: Phone, byURI: Bool = false) throws(CaseStop) {
        guard let identity = station(phone).identity else { return }
        if !reply.contacts(identity.instance, identity.regID).isEmpty { return }
        let sent = (try? reply.request.contacts())?.first?.uri
        let isThere = sent.map { sent in reply.contacts.contains { $0.uri?.isSamePlace(as: sent) ?? false } } ?? false
        guard !isThere || !byURI else { return }
        throw .unknown(
            .configuration,
            isThere
                ? "the 200 lists the binding without its instance and reg-id (OB-REG-016)"
                : "the 200 does not list the binding (OB-REG-025)")
    }

    /// The Contact of its own request in a 2xx: by instance and reg-id, else by its URI.
    func ownContact(in reply: Reply, _ phone: Phone) -> Contact? {
        guard let identity = station(phone).identity else { return nil }
        let sent = (try? reply.request.contacts())?.first?.uri
        let own = OwnContact(instance: identity.instance, regID: try? RegID.parse("\(identity.regID)"), uri: sent)
        return own.find(in: reply.contacts)
    }

    /// The seconds that a 2xx gives the Contact of its own request; nil where it does not list it.
    func granted(_ reply: Reply, _ phone: Phone) -> UInt32? {
        guard let found = ownContact(in: reply, phone) else { return nil }
        return found.expires ?? reply.response?.integer(.expires).map { UInt32(clamping: $0) }
    }
}
