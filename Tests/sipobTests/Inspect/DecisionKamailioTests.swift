import Testing

@testable import OutboundKit

/// `OutboundDecision.kamailio` against a real Kamailio, request by request: what add_path() and record_route() wrote.
@Suite(.needsKamailio) struct DecisionKamailioTests {
    /// What a Path or Record-Route of the edge shows.
    private struct Mark: Equatable {
        /// The far end of the token's flow; nil without a token.
        var phone: UInt16?
        var hasOb = false

        init(_ action: OutboundDecision.Action, source: UInt16, phone: UInt16) {
            switch action {
            case .pathWithTokenAndOb: (self.phone, hasOb) = (source, true)
            case .pathWithToken, .recordRouteOfSource: self.phone = source
            case .recordRouteOfRoute: self.phone = phone
            case .plainPath, .plainRecordRoute, .extensionRequired, .nothing: break
            }
        }

        init(_ uri: SIPURI) {
            hasOb = uri.hasParameter("ob")
            guard let user = uri.user else { return }
            let token = Array(user.utf8)
            phone = FlowTokenExaminer(keys: FlowTokenKeyRing([])).examine(token.span.bytes).token?.remote?.port
        }
    }

    @Test func everyRow() async throws {
        let sink = try UDPClient()
        try await KamailioRig.with(["EDGE_DECIDES": "1", "REGISTRAR_TARGET": "\(sink.port)"]) { rig in
            let phone = try UDPClient(server: rig.edgePort)
            let other = try UDPClient(server: rig.edgePort)
            let token = try #require(try tokenOf(phone, rig, sink))
            for row in DecisionRow.registers + DecisionRow.fromPhones + DecisionRow.byRoutes {
                let sender = row.isIncoming ? other : phone
                let octets = row.message(
                    from: sender.port, phone: phone.port, edge: rig.edgePort, target: sink.port, token: token)
                #expect(decision(octets, row, sender, rig) == row.action, "\(row): what sipob says")
                sender.send(octets)
                let forwarded = try #require(sink.receive(), "\(row): nothing was forwarded")
                let mark = Mark(try ownURI(forwarded, row.method == "REGISTER" ? .path : .recordRoute))
                #expect(
                    mark == Mark(row.action, source: sender.port, phone: phone.port), "\(row): what Kamailio does")
            }
        }
    }

    private func decision(
        _ octets: [UInt8], _ row: DecisionRow, _ sender: UDPClient, _ rig: KamailioRig
    ) -> OutboundDecision.Action? {
        var context = Inspection.Context()
        context.flags = row.flags
        context.source = TransportAddress("127.0.0.1:\(sender.port)")
        context.edges = ["127.0.0.1:\(rig.edgePort)"]
        let examiner = FlowTokenExaminer(keys: FlowTokenKeyRing([]))
        return Inspection(octets, subject: "row", context: context, examiner: examiner).decisions.last?.action
    }

    private func tokenOf(_ phone: UDPClient, _ rig: KamailioRig, _ sink: UDPClient) throws -> String? {
        let register = DecisionRow.register("for a token", .pathWithTokenAndOb)
        phone.send(
            register.message(from: phone.port, phone: phone.port, edge: rig.edgePort, target: sink.port, token: ""))
        return try ownURI(try #require(sink.receive()), .path).user
    }

    /// The first value of the field, which the edge wrote.
    private func ownURI(_ octets: [UInt8], _ name: HeaderName) throws -> SIPURI {
        var message = SIPMessage()
        try MessageParser.parse(octets.span.bytes, into: &message)
        return try #require(try message.nameAddrs(name).first).uri
    }
}
