import Testing

@testable import OutboundKit

/// Bindings end: by time, with their flow, by a proxy's word; and come back when they could not be stored.
@Suite struct BindingLifeTests {
    static let home = "sip:alice@example.com"

    @Test func expiresAtItsTime() throws {
        var registrar = try Registrar.testing()
        #expect(registrar.deadline == nil)
        _ = try registrar.answer(TestRegister(flow(1) + ";expires=60"))
        _ = try registrar.answer(TestRegister(flow(2) + ";expires=90", callID: "call-2"))
        #expect(registrar.deadline == noon + .seconds(60))
        #expect(registrar.expire(at: noon + .seconds(59)).isEmpty)
        // A binding whose time is over is found by nobody, swept out or not.
        #expect(try registrar.locate(Self.home, at: noon + .seconds(60)).groups.first?.map(\.regID) == [RegID(2)])
        #expect(registrar.expire(at: noon + .seconds(60)).count == 1)
        #expect(registrar.deadline == noon + .seconds(90))
        #expect(registrar.expire(at: noon + .seconds(600)).count == 1)
        #expect(registrar.deadline == nil)
        #expect(registrar.bindingCount == 0)
        #expect(try registrar.locate(Self.home).text == "gone")
    }

    @Test func refreshPutsTheEndOff() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1) + ";expires=60"))
        _ = try registrar.answer(TestRegister(flow(1) + ";expires=60", cseq: 2), at: noon + .seconds(50))
        #expect(registrar.expire(at: noon + .seconds(60)).isEmpty)
        #expect(registrar.deadline == noon + .seconds(110))
        // And a shorter one brings it nearer.
        _ = try registrar.answer(TestRegister(flow(1) + ";expires=3600", cseq: 3), at: noon + .seconds(55))
        _ = try registrar.answer(TestRegister(flow(1) + ";expires=70", cseq: 4), at: noon + .seconds(56))
        #expect(registrar.expire(at: noon + .seconds(126)).count == 1)
        #expect(registrar.bindingCount == 0)
    }

    @Test func manyShorterRefreshesStayBounded() throws {
        var registrar = try Registrar.testing()
        for cseq in 1...5000 as ClosedRange<UInt32> {
            _ = try registrar.answer(TestRegister(flow(1) + ";expires=\(7000 - cseq)", cseq: cseq))
        }
        #expect(registrar.deadline == noon + .seconds(2000))
        #expect(registrar.expire(at: noon + .seconds(2000)).count == 1)
        #expect(registrar.deadline == nil)
    }

    @Test("an expired binding's CSeq counts no more") func expiredIsGone() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1) + ";expires=60", cseq: 9))
        let answer = try registrar.answer(TestRegister(flow(1), cseq: 1), at: noon + .seconds(61))
        #expect(answer.status == 200)
        #expect(answer.contacts.count == 1)
        #expect(answer.changes.count == 2)
        #expect(registrar.bindingCount == 1)
        #expect(registrar.expire(at: noon + .seconds(100)).isEmpty)
    }

    @Test("OB-AP-006: all bindings on a flow, whatever their AOR") func flowEnds() throws {
        var registrar = try Registrar.testing()
        let origin = RegisterOrigin(flow: FlowID(7))
        _ = try registrar.answer(TestRegister(flow(1)), from: origin)
        _ = try registrar.answer(TestRegister(flow(2), callID: "c2"), from: RegisterOrigin(flow: FlowID(8)))
        _ = try registrar.answer(TestRegister(flow(1), callID: "c3", user: "bob"), from: origin)
        let changes = registrar.flowEnded(FlowID(7))
        #expect(changes.count == 2)
        #expect(try registrar.locate(Self.home).groups.map { $0.map(\.flow) } == [[FlowID(8)]])
        #expect(try registrar.locate("sip:bob@example.com").text == "gone")
        #expect(registrar.flowEnded(FlowID(7)).isEmpty)
    }

    @Test("OB-AP-008: 430 takes the binding that was tried, not its successor") func staleBindingGoes() throws {
        var registrar = try Registrar.testing()
        _ = try registrar.answer(TestRegister(flow(1)))
        let tried = try #require(registrar.bindings.first)
        _ = try registrar.answer(TestRegister(flow(1), cseq: 2), at: noon + .seconds(1))
        #expect(registrar.remove(tried, at: noon + .seconds(2)).isEmpty)
        let renewed = try #require(registrar.bindings.first)
        #expect(registrar.remove(renewed, at: noon + .seconds(2)).count == 1)
        #expect(registrar.bindingCount == 0)
    }

    /// What could not be stored is as if it had never been asked.
    @Test func undoTakesBack() throws {
        var registrar = try Registrar.testing()
        let gruu = "path, outbound, gruu"
        let origin = RegisterOrigin(flow: FlowID(1))
        let first = try registrar.answer(TestRegister(flow(1)).supporting(gruu), from: origin)
        let temporary = try #require(try first.readContacts().first?.tempGRUU)
        let before = registrar.bindings
        let requests = [
            TestRegister(flow(1), callID: "new").supporting(gruu), TestRegister(flow(1) + ";expires=0", cseq: 2),
            TestRegister(flow(2), callID: "other"), TestRegister("*", cseq: 2).expiring(0),
            TestRegister(flow(1) + ";expires=60", cseq: 2), TestRegister(flow(1), callID: "x", user: "bob"),
        ]
        for request in requests {
            let answer = try registrar.answer(request, from: RegisterOrigin(flow: FlowID(2)), at: noon + .seconds(1))
            #expect(!answer.changes.isEmpty)
            registrar.undo(answer)
            #expect(registrar.bindingCount == 1)
            #expect(registrar.bindings.map(\.cseq) == before.map(\.cseq))
            #expect(registrar.bindings.map(\.flow) == before.map(\.flow))
            #expect(registrar.bindings.map(\.expires) == before.map(\.expires))
            #expect(try registrar.locate(temporary).text == "[sip:alice@192.0.2.2;transport=tcp]")
        }
        #expect(try registrar.locate("sip:bob@example.com").text == "unknown")
        #expect(registrar.expire(at: noon + .seconds(3599)).isEmpty)
        #expect(registrar.expire(at: noon + .seconds(3600)).count == 1)
        #expect(RegistrarAnswer.storageFailed.status == 500)
    }

    @Test func severalAreUndoneInTurn() throws {
        var registrar = try Registrar.testing()
        let answers = try (1...4 as ClosedRange<UInt32>).map {
            try registrar.answer(TestRegister(flow(Int($0)), cseq: $0))
        }
        for answer in answers.reversed() { registrar.undo(answer) }
        #expect(registrar.bindingCount == 0)
        #expect(try registrar.locate(Self.home).text == "unknown")
        #expect(try registrar.answer(TestRegister(flow(1))).status == 200)
    }

    @Test("AORs without bindings are forgotten when room is needed, the oldest first") func vacantAORsGiveWay() throws {
        var registrar = try Registrar.testing { $0.limits.addressesOfRecord = 2 }
        for user in ["a", "b"] {
            _ = try registrar.answer(TestRegister(flow(1), user: user))
            _ = try registrar.answer(TestRegister(flow(1) + ";expires=0", cseq: 2, user: user))
        }
        #expect(try registrar.locate("sip:a@example.com").text == "gone")
        #expect(try registrar.answer(TestRegister(flow(1), user: "c")).status == 200)
        #expect(try registrar.locate("sip:a@example.com").text == "unknown")
        #expect(try registrar.locate("sip:b@example.com").text == "gone")
        _ = try registrar.answer(TestRegister(flow(1), user: "d"))
        #expect(try registrar.answer(TestRegister(flow(1), user: "e")).status == 503)
        #expect(registrar.bindings.map(\.aor.user) == ["c", "d"])
    }

    /// A restart: what a store gives back, flows excepted.
    @Test func stateIsTakenUp() throws {
        var first = try Registrar.testing()
        let gruu = "path, outbound, gruu"
        let answer = try first.answer(
            TestRegister(flow(1) + ";x=1").supporting(gruu).throughEdge, from: RegisterOrigin(flow: FlowID(3)))
        let temporary = try #require(try answer.readContacts().first?.tempGRUU)
        let known = RegistrarState.Known(
            aor: try #require(AddressOfRecord("sip:bob@example.com")), instance: try InstanceID(urn: softPhone))
        var second = try Registrar.testing(state: RegistrarState(bindings: first.bindings, known: [known]))
        #expect(second.bindings.map(\.flow) == [nil])
        #expect(try second.locate(temporary).groups.first?.first?.path == ["<sip:token@192.0.2.9;lr;ob>"])
        #expect(try second.locate("sip:bob@example.com;gr=\(softPhone)").text == "gone")
        #expect(second.deadline == noon + .seconds(3600))
        // The phone goes on where it was: same Call-ID, next CSeq; the old CSeq is refused.
        #expect(try second.answer(TestRegister(flow(1), cseq: 1).throughEdge).status == 500)
        #expect(try second.answer(TestRegister(flow(1), cseq: 2).throughEdge).contacts.count == 1)
        let added = try second.answer(TestRegister(flow(2), callID: "c2"))
        #expect(added.contacts.count == 2)
        #expect(Set(second.bindings.map(\.id)).count == 2)
    }
}
