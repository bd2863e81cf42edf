@testable import OutboundKit

let deskPhone = "urn:uuid:00000000-0000-1000-8000-aabbccddeeff"
let softPhone = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
let noon = Timestamp(seconds: 1_763_640_000)

/// A REGISTER in pieces, each with what a phone on the first hop would send.
struct TestRegister {
    var user = "alice"
    var callID = "call-1"
    var cseq: UInt32 = 1
    var branch: String?
    var contacts: [String] = []
    var supported: String? = "path, outbound"
    var vias = 1
    var path: [String] = []
    var expires: Int?
    var lines: [String] = []

    init(_ contacts: String..., cseq: UInt32 = 1, callID: String = "call-1", user: String = "alice") {
        self.contacts = contacts
        self.cseq = cseq
        self.callID = callID
        self.user = user
    }

    /// Changes one piece or several.
    func with(_ change: (inout TestRegister) -> Void) -> TestRegister {
        var changed = self
        change(&changed)
        return changed
    }

    var text: String {
        var lines = ["REGISTER sip:example.com SIP/2.0"]
        for hop in 0..<vias {
            lines.append("Via: SIP/2.0/TCP 192.0.2.\(hop + 2);branch=\(branch ?? "z9hG4bK\(callID)\(cseq)")h\(hop)")
        }
        lines.append("Max-Forwards: 70")
        lines.append("From: <sip:\(user)@example.com>;tag=7F94")
        lines.append("To: <sip:\(user)@example.com>")
        lines.append("Call-ID: \(callID)")
        lines.append("CSeq: \(cseq) REGISTER")
        if let supported { lines.append("Supported: \(supported)") }
        for value in path { lines.append("Path: \(value)") }
        if let expires { lines.append("Expires: \(expires)") }
        lines += self.lines
        for contact in contacts { lines.append("Contact: \(contact)") }
        lines.append("Content-Length: 0")
        return lines.joined(separator: "\n") + "\n\n"
    }
}

/// A Contact of one flow of an instance.
func flow(_ regID: Int, _ instance: String = deskPhone, uri: String = "sip:alice@192.0.2.2;transport=tcp") -> String {
    "<\(uri)>;reg-id=\(regID);+sip.instance=\"<\(instance)>\""
}

extension Registrar {
    static func testing(
        _ change: (inout RegistrarSettings) -> Void = { _ in }, state: RegistrarState = RegistrarState()
    ) throws -> Registrar {
        var settings = RegistrarSettings()
        settings.gruuKey = Array("a key for tests".utf8)
        settings.sendsDate = false
        change(&settings)
        return try Registrar(settings, state: state, random: SeededGenerator(seed: 5626))
    }

    mutating func answer(
        _ request: TestRegister, from origin: RegisterOrigin = RegisterOrigin(), at now: Timestamp = noon
    ) throws -> RegistrarAnswer {
        register(try parsed(request.text), from: origin, at: now)
    }

    func locate(_ uri: String, at now: Timestamp = noon) throws -> Location {
        locate(try SIPURI.parse(uri), at: now)
    }
}

extension RegistrarAnswer {
    func values(_ name: HeaderName) -> [String] { fields.filter { $0.name == name }.map(\.value) }
    var contacts: [String] { values(.contact) }
    var requiresOutbound: Bool { values(.require) == ["outbound"] }

    /// What a phone reads of the Contacts.
    func readContacts() throws -> [Contact] {
        try contacts.map { Contact(try NameAddr.parse($0)) }
    }
}

extension Location {
    var groups: [[Binding]] {
        guard case .instances(let groups) = self else { return [] }
        return groups
    }
    /// `unknown`, `gone`, or the Contact URIs, flows of an instance in brackets.
    var text: String {
        switch self {
        case .unknown: "unknown"
        case .gone: "gone"
        case .instances(let groups):
            groups.map { "[" + $0.map(\.contact.uriText).joined(separator: " ") + "]" }.joined(separator: " ")
        }
    }
}
