import OutboundKit

/// What a REGISTER of ours asks for, line by line.
enum RequestMeaning {
    /// - Parameter previous: the request before; of a later one only what is new is told.
    static func points(_ message: SIPMessage, after previous: SIPMessage?) -> [Point] {
        let contact = (try? message.contacts())?.first
        let expires = contact?.expires ?? 0
        var points: [Point] = []
        if expires == 0 {
            points.append(
                Point("Contact ...;expires=0", "take this binding away: same instance, same reg-id, same flow"))
        }
        points += credentials(message)
        if let previous {
            let before = (try? previous.contacts())?.first?.expires
            if expires != 0, expires != before {
                points.append(Point("Contact ...;expires=\(expires)", "as long as the registrar wants it"))
            }
            return points
        }
        if let via = try? message.topVia() {
            let meaning =
                via.host.hasSuffix(".invalid")
                ? "on a WebSocket nobody can connect to us: a name that does not exist stands for our end"
                : "the server shall say which address it sees"
            points.append(Point("Via: \(via.sentBy);rport", meaning))
        }
        if let route = (try? message.nameAddrs(.route))?.first {
            points.append(Point("Route: \(route)", "through this edge proxy"))
        }
        points.append(
            Point(
                "Supported: \(message.optionTags(in: .supported).joined(separator: ", "))",
                "asks for outbound; proxies may add Path; GRUUs are welcome"))
        if let contact, let uri = contact.uri {
            points.append(Point("Contact: <\(uri)>", "ob: keep dialogs on this flow"))
            points.append(
                Point(
                    "  ;reg-id=\(contact.regID ?? "");+sip.instance=\"\(contact.instance ?? "")\"",
                    "which flow of which device this is"))
            points.append(Point("  ;expires=\(expires)", "for how many seconds"))
        }
        return points
    }

    private static func credentials(_ message: SIPMessage) -> [Point] {
        message.headers.compactMap { field in
            guard field.name == .authorization || field.name == .proxyAuthorization else { return nil }
            let value = message.text(field.value)
            let shown = ["algorithm", "qop", "nc"].compactMap { name -> String? in
                guard
                    let part = value.split(separator: ",").map({ $0.drop { $0 == " " } })
                        .first(where: { $0.hasPrefix(name + "=") })
                else { return nil }
                return String(part)
            }
            let details = shown.isEmpty ? "" : " (\(shown.joined(separator: ", ")))"
            return Point("\(message.text(field.nameText)): Digest\(details)", "answers the challenge")
        }
    }
}
