import Testing

@testable import OutboundKit

/// RFC 5626 §5.1 and §5.3 as rows. What Kamailio decides is held against a real one, with the program's tests.
@Suite struct OutboundDecisionTests {
    struct Row: CustomTestStringConvertible {
        let name: String
        let text: String
        var route: OutboundDecision.TopRoute?
        /// nil: it depends.
        let action: OutboundDecision.Action?
        var testDescription: String { name }

        init(
            _ name: String, _ text: String, _ action: OutboundDecision.Action?,
            route: OutboundDecision.TopRoute? = nil
        ) {
            self.name = name
            self.text = text
            self.action = action
            self.route = route
        }
    }

    private static let register = InspectionTests.register
    private static let invite = InspectionTests.invite
    private static let plainInvite = invite.replacing(";ob>", with: ">")
    private static let twoVias = invite.replacing(
        "Max-Forwards: 70", with: "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK2")
    private static let inDialog = invite.replacing("To: <sip:bob@example.com>", with: "To: <sip:bob@example.com>;tag=2")

    private static func route(
        _ parameters: String, _ direction: OutboundDecision.TopRoute.Direction, token: Bool = true, own: Bool = true,
        forged: Bool = false
    ) -> OutboundDecision.TopRoute? {
        (try? SIPURI.parse("sip:t@192.0.2.1\(parameters)")).map {
            OutboundDecision.TopRoute($0, isOwn: own, hasToken: token, isForged: forged, direction: direction)
        }
    }

    static let rows: [Row] = [
        Row("REGISTER", register, .pathWithTokenAndOb),
        Row("REGISTER without reg-id", register.replacing(";reg-id=1", with: ""), .plainPath),
        Row(
            "REGISTER with two Vias", register.replacing("Max-Forwards: 70", with: "Via: SIP/2.0/UDP 192.0.2.9"),
            .plainPath),
        Row("REGISTER without path", register.replacing("path, outbound", with: "outbound"), .extensionRequired),
        Row("REGISTER with neither tag", register.replacing("path, outbound", with: "gruu"), .nothing),
        Row("INVITE", invite, .recordRouteOfSource),
        Row("INVITE without Supported", invite.replacing("Supported: outbound\n", with: ""), .recordRouteOfSource),
        Row("INVITE without ob", plainInvite, .nothing),
        Row("INVITE with two Vias", twoVias, .nothing),
        Row("INVITE within a dialog", inDialog, .nothing),
        Row("MESSAGE", invite.replacing("INVITE", with: "MESSAGE"), .nothing),
        Row("SUBSCRIBE", invite.replacing("INVITE", with: "SUBSCRIBE"), .recordRouteOfSource),
        Row("Route of the edge", invite, .recordRouteOfSource, route: route(";lr", .unknown, token: false)),
        Row(
            "Route of the edge with ob", plainInvite, .recordRouteOfSource,
            route: route(";lr;ob", .unknown, token: false)),
        Row("Route elsewhere with ob", plainInvite, .nothing, route: route(";lr;ob", .unknown, own: false)),
        Row("token, incoming, ob", plainInvite, .recordRouteOfRoute, route: route(";lr;ob", .incoming)),
        Row("token, incoming", invite, .nothing, route: route(";lr", .incoming)),
        Row("token, incoming in a dialog", inDialog, .nothing, route: route(";lr;ob", .incoming)),
        Row("token, outgoing, ob in Contact", invite, .recordRouteOfSource, route: route(";lr", .outgoing)),
        Row("token, outgoing, ob in Route", plainInvite, .recordRouteOfSource, route: route(";lr;ob", .outgoing)),
        Row("token, outgoing, two Vias", twoVias, .recordRouteOfSource, route: route(";lr", .outgoing)),
        Row("token, outgoing", plainInvite, .nothing, route: route(";lr", .outgoing)),
        Row("token, unknown, ob in Contact", invite, nil, route: route(";lr", .unknown)),
        Row("token, unknown, ob in Route", plainInvite, .recordRouteOfRoute, route: route(";lr;ob", .unknown)),
        Row("token, unknown in a dialog", inDialog, .nothing, route: route(";lr", .unknown)),
        Row("forged token", invite, .nothing, route: route(";lr;ob", .incoming, forged: true)),
    ]

    @Test(arguments: rows) func byTheRFC(_ row: Row) throws {
        let decision = OutboundDecision.rfc5626(try parsed(row.text), route: row.route)
        #expect(decision.action == row.action && decision.isApplied == row.action?.isApplied)
        #expect((decision.open == nil) == (row.action != nil))
        #expect(!decision.steps.isEmpty && !decision.reason.isEmpty && decision.authority == .rfc5626)
        #expect(
            decision.steps.allSatisfy { $0.source.hasPrefix("RFC") && $0.question.hasSuffix("?") && !$0.answer.isEmpty }
        )
    }

    /// The registrar's edge and the decision are one: what the edge does with a REGISTER is what is said of it.
    @Test func flagsAreNoMatterOfTheRFC() throws {
        let message = try parsed(Self.register)
        #expect(EdgeOutboundPolicy.never.action(for: message) == .plainPath)
        #expect(
            EdgeOutboundPolicy.always.action(for: try parsed(Self.register.replacing(";reg-id=1", with: "")))
                == .pathWithTokenAndOb)
        #expect(OutboundDecision.rfc5626(message).action == EdgeOutboundPolicy.asAsked.action(for: message))
    }

    /// A parameter of the field counts, and of that name; within the brackets it is one of the URI (RFC 3261 §20.10).
    @Test(arguments: [
        ("<sip:a@192.0.2.7;ob>;reg-id=1", true), ("<sip:a@192.0.2.7>; expires=9 ;\n Reg-ID=1", true),
        ("sip:a@192.0.2.7;reg-id=1", true), ("<sip:a@192.0.2.7>;reg-id", true),
        ("\"a <b> \\\"; \" <sip:a@192.0.2.7>;reg-id=1", true), ("<sip:b@192.0.2.7>, <sip:a@192.0.2.7>;reg-id=2", true),
        ("<sip:a@192.0.2.7;reg-id=1;transport=tcp>", false), ("<sip:a@192.0.2.7>;reg-identity=1", false),
        ("<sip:a@192.0.2.7>;+x=\";reg-id=1\"", false), ("\";reg-id=1\" <sip:a@192.0.2.7>", false),
        ("<sip:a@192.0.2.7>;reg", false), ("*", false),
    ])
    func regIDIsAParameterOfTheField(contact: String, isThere: Bool) throws {
        let message = try parsed(
            "REGISTER sip:example.com SIP/2.0\nVia: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK1\nContact: \(contact)\n\n"
        )
        #expect(message.contactHasRegID == isThere)
    }

    @Test func kamailioWithoutASource() throws {
        let unknown = OutboundDecision.kamailio(try parsed(Self.plainInvite), route: Self.route(";lr;ob", .unknown))
        #expect(unknown.action == .recordRouteOfRoute)
        let star = try parsed(Self.register.replacing("Contact: <", with: "Contact: *, <"))
        #expect(OutboundDecision.kamailio(star).action == .plainPath)
    }
}
