import OutboundKit

/// What a message says about outbound, as rows of a table.
enum InspectFacts {
    static func rows(_ facts: MessageFacts) -> [(label: String, value: String)] {
        var rows: [(String, String)] = [("what", facts.kind)]
        if facts.viaCount > 0 || facts.message.isRequest { rows.append(("hops", hops(facts))) }
        for via in facts.vias.prefix(1) { rows.append(("top Via", self.via(via))) }
        for (label, tags) in [
            ("Supported", facts.supported), ("Require", facts.require), ("Proxy-Require", facts.proxyRequire),
            ("Unsupported", facts.unsupported),
        ] where !tags.isEmpty || label == "Supported" && facts.message.isRequest {
            rows.append((label, tags.isEmpty ? "nothing" : tags.joined(separator: ", ")))
        }
        for contact in facts.contacts { rows += self.contact(contact) }
        for (index, value) in facts.path.enumerated() {
            rows.append(("Path", path(value, isFirstHop: index >= facts.path.count - facts.firstHopPaths)))
        }
        for (index, value) in facts.route.enumerated() {
            rows.append((index == 0 ? "top Route" : "Route", marked(value)))
        }
        for value in facts.recordRoute { rows.append(("Record-Route", marked(value))) }
        if let timer = facts.flowTimer {
            rows.append(("Flow-Timer", "\(timer): keep-alives at least that often, in seconds (RFC 5626 §4.4)"))
        }
        return rows
    }

    private static func hops(_ facts: MessageFacts) -> String {
        switch (facts.message.isRequest, facts.viaCount) {
        case (_, 0): "no Via value that counts"
        case (true, 1): "1 Via value: from the client itself, so the receiver is the first hop"
        case (true, let count):
            "\(count) Via values: \(count - 1) prox\(count == 2 ? "y has" : "ies have") passed it on"
        case (false, 1): "1 Via value: it goes to the client itself"
        case (false, let count):
            "\(count) Via values: on its way back through \(count - 1) prox\(count == 2 ? "y" : "ies")"
        }
    }

    private static func via(_ via: Via) -> String {
        var parts = ["\(via.transportName.uppercased()) \(via.sentBy)"]
        switch via.rport {
        case .absent: break
        case .empty: parts.append("rport asked for")
        case .value(let port): parts.append("rport \(port)")
        }
        if let received = via.received { parts.append("received from \(received)") }
        switch via.keep {
        case .absent: break
        case .empty: parts.append("keep: willing to send keep-alives (RFC 6223)")
        case .value(let seconds): parts.append("keep=\(seconds): keep-alives agreed on (RFC 6223)")
        }
        return parts.joined(separator: ", ")
    }

    private static func contact(_ contact: Contact) -> [(String, String)] {
        guard let address = contact.nameAddr else { return [("Contact", "*: all bindings of the address-of-record")] }
        var rows = [("Contact", "<\(address.uri)>")]
        var parts: [String] = []
        if let regID = contact.regID { parts.append("reg-id \(regID.isEmpty ? "without a value" : regID)") }
        if let instance = contact.instance { parts.append("instance \(instance)") }
        if let expires = contact.expires { parts.append("expires \(expires) s") }
        if address.uri.hasParameter("ob") { parts.append("ob: keep dialogs on this flow") }
        if let gr = address.uri.parameter("gr") {
            parts.append(gr.isEmpty ? "gr: a temporary GRUU" : "gr: a public GRUU of \(gr)")
        }
        if !parts.isEmpty { rows.append(("", parts.joined(separator: ", "))) }
        if let gruu = contact.pubGRUU { rows.append(("", "pub-gruu \(gruu)")) }
        if let gruu = contact.tempGRUU { rows.append(("", "temp-gruu \(gruu)")) }
        return rows
    }

    private static func path(_ value: NameAddr, isFirstHop: Bool) -> String {
        let ob = value.uri.hasParameter("ob")
        let hop = isFirstHop ? "the first hop's" : "a later proxy's"
        return "<\(value.uri)> - \(hop), \(ob ? "with ob: outbound was applied" : "without ob")"
    }

    private static func marked(_ value: NameAddr) -> String {
        "<\(value.uri)>" + (value.uri.hasParameter("ob") ? " - ob: as in a Path, towards a registered flow" : "")
    }
}
