/// What a 2xx to REGISTER says of lifetimes: that of the own contact among all that it lists.
struct GrantedLifetime {
    /// Seconds; nil where the 2xx names none.
    private(set) var own: UInt64?
    /// The shortest of contacts that are somebody else's, where the own one is found by its instance-id and lasts longer.
    private(set) var foreign: UInt64?
    /// False where the own one is among several and cannot be found.
    private(set) var isKnown = true

    /// - Parameters:
    ///   - plain: of the message.
    ///   - place: of the request's Contact.
    init(_ message: SIPMessage, _ plain: PlainContact?, for registration: FlowRegistration, place: UInt16) {
        own = message.integer(.expires)
        if let plain {
            own = plain.expires ?? own
            return
        }
        let contacts = RegistrationContact.all(message)
        guard let index = Self.own(among: contacts, registration, place) else {
            isKnown = !contacts.contains { $0.expires != nil || !$0.isReadable }
            return
        }
        let contact = contacts[index]
        own = contact.expires ?? own
        isKnown = contact.isReadable
        guard let instance = registration.instance, let expires = contact.expires,
            contact.instance.map({ ASCII.equalsIgnoringCase($0, instance) }) ?? false
        else { return }
        let others = contacts.indices.filter { $0 != index }.compactMap { contacts[$0].expires }.min()
        foreign = others.flatMap { $0 < expires ? $0 : nil }
    }

    /// The own contact: by instance-id and reg-id, by the instance-id where the registrar keeps no reg-id, or by its URI
    /// where it keeps neither. A URN is compared without case, as a UUID is (RFC 5626 §4.1).
    private static func own(
        among contacts: [RegistrationContact], _ registration: FlowRegistration, _ place: UInt16
    ) -> Int? {
        if contacts.count == 1 { return 0 }
        let (instance, regID) = (registration.instance, registration.regID)
        let sameDevice = contacts.indices.filter { index in
            guard let instance, let other = contacts[index].instance else { return false }
            return ASCII.equalsIgnoringCase(instance, other)
        }
        var own = sameDevice.filter { contacts[$0].regID == regID }
        if own.isEmpty { own = sameDevice.filter { contacts[$0].regID == nil } }
        if own.isEmpty {
            own = contacts.indices.filter { isAt(place, contacts[$0]) && contacts[$0].instance == nil }
        } else if own.count > 1 {
            let there = own.filter { isAt(place, contacts[$0]) }
            if !there.isEmpty { own = there }
        }
        // Which of them it is does not matter where they last equally long.
        return Set(own.map { contacts[$0].expires }).count == 1 ? own.first : nil
    }

    private static func isAt(_ place: UInt16, _ contact: RegistrationContact) -> Bool {
        place != 0 && contact.place == place
    }
}
