import Glibc
import OutboundKit
import Testing

@Suite(.serialized) struct HubStreamTests {
    @Test(arguments: ["127.0.0.1", "::1"])
    func echoes(host: String) async throws {
        let rig = try await EchoRig(.tcp, host)
        let peer = try PlainSocket(.stream, to: rig.address)
        peer.send("hello")
        #expect(peer.receiveText() == "hello")
        let (_, flow, origin) = try await rig.flow()
        #expect(flow == Flow(transport: .tcp, local: rig.address, remote: try #require(peer.name)))
        #expect(origin == .accepted)
        await rig.stop()
        #expect(peer.end() == 0)
    }

    @Test func webSocketIsItsOctets() async throws {
        let rig = try await EchoRig(.ws)
        let peer = try PlainSocket(.stream, to: rig.address)
        peer.send("GET / HTTP/1.1\r\n\r\n")
        #expect(peer.receiveText() == "GET / HTTP/1.1\r\n\r\n")
        #expect(try await rig.flow().flow.transport == .ws)
        await rig.stop()
    }

    @Test func listensOnAllInterfacesAndNamesTheAddressAsked() async throws {
        let rig = try await EchoRig(.tcp, "0.0.0.0")
        let asked = TransportAddress(ip: try #require(IPAddress("127.0.0.3")), port: rig.address.port)
        let peer = try PlainSocket(.stream, to: asked)
        peer.send("a")
        #expect(peer.receiveText() == "a")
        #expect(try await rig.flow().flow.local == asked)
        await rig.stop()
    }

    @Test func tellsOfAPortInUse() async throws {
        let rig = try await EchoRig(.tcp)
        let address = rig.address
        await #expect(throws: TransportError(.bind, .tcp, address, errno: EADDRINUSE)) {
            _ = try await EchoRig([HubListener(.tcp, address)])
        }
        await rig.stop()
    }

    // MARK: - The peer ends

    @Test func peerCloses() async throws {
        let rig = try await EchoRig(.tcp)
        var peer: PlainSocket? = try PlainSocket(.stream, to: rig.address)
        _ = try await rig.flow()
        peer = nil
        #expect(try await rig.loss() == .closedByPeer)
        _ = peer
        await rig.stop()
    }

    @Test func peerResets() async throws {
        let rig = try await EchoRig(.tcp)
        let peer = try PlainSocket(.stream, to: rig.address)
        _ = try await rig.flow()
        peer.reset()
        #expect(try await rig.loss() == .reset)
        await rig.stop()
    }

    /// `printf … | nc`: the question and the end of the stream come in one go, and the answer is owed all the same.
    @Test func halfClosedPeerGetsItsAnswer() async throws {
        let rig = try await EchoRig(.tcp)
        let peer = try PlainSocket(.stream, to: rig.address)
        peer.send("!9")
        peer.shutdownSending()
        var count = 0
        while let octets = peer.receive() { count += octets.count }
        #expect(count == 900_000)
        #expect(try await rig.loss() == .closedByPeer)
        await rig.stop()
    }

    // MARK: - The hub ends

    @Test func finGoesBehindWhatWasSent() async throws {
        let rig = try await EchoRig(.tcp)
        let peer = try PlainSocket(.stream, to: rig.address)
        let id = try await rig.flow().id
        rig.driver.send(.send([UInt8](repeating: 1, count: 900_000), id))
        rig.driver.send(.close(id, .fin))
        var count = 0
        while let octets = peer.receive() { count += octets.count }
        #expect(count == 900_000)
        #expect(peer.end() == 0)
        // Nothing of the hub's own doing is told to it.
        #expect(!rig.events.contains { if case .down = $0 { true } else { false } })
        await rig.stop()
    }

    @Test func answerGoesBeforeTheEnd() async throws {
        let rig = try await EchoRig(.tcp)
        let peer = try PlainSocket(.stream, to: rig.address)
        peer.send(".bye")
        #expect(peer.receiveText() == ".bye")
        #expect(peer.end() == 0)
        await rig.stop()
    }

    @Test func rstIsAReset() async throws {
        let rig = try await EchoRig(.tcp)
        let peer = try PlainSocket(.stream, to: rig.address)
        rig.driver.send(.close(try await rig.flow().id, .rst))
        #expect(peer.end() == ECONNRESET)
        await rig.stop()
    }

    @Test func silenceIsSilence() async throws {
        var limits = HubLimits()
        limits.silence = .milliseconds(600)
        let rig = try await EchoRig(.tcp, limits: limits)
        let peer = try PlainSocket(.stream, to: rig.address)
        rig.driver.send(.close(try await rig.flow().id, .silent))
        _ = await rig.driver.ask { $0.octets }
        #expect(peer.send("anybody there?"))
        var entry = pollfd(fd: peer.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&entry, 1, 300) == 0)
        // And after its time, a reset.
        #expect(peer.end() == ECONNRESET)
        #expect(rig.events.count == 1)
        await rig.stop()
    }

    @Test func silenceEndsWithThePeer() async throws {
        var limits = HubLimits()
        limits.connections = 1
        let rig = try await EchoRig(.tcp, limits: limits)
        var peer: PlainSocket? = try PlainSocket(.stream, to: rig.address)
        rig.driver.send(.close(try await rig.flow().id, .silent))
        peer?.send("x")
        peer = nil
        _ = peer
        // Its place is free again.
        let answer: String = try await poll(.seconds(5)) {
            let next = try PlainSocket(.stream, to: rig.address)
            next.send("next")
            return next.receiveText()
        }
        #expect(answer == "next")
        await rig.stop()
    }

    // MARK: - Limits

    @Test func slowReaderIsReset() async throws {
        var limits = HubLimits()
        limits.unsentOctets = 200_000
        let rig = try await EchoRig(.tcp, limits: limits)
        let slow = try PlainSocket(.stream, to: rig.address, receiveBuffer: 4096)
        let other = try PlainSocket(.stream, to: rig.address)
        // A host tells of a reset once: to the next send, or else to the next read.
        var toldOnSending: Int32?
        for _ in 0..<200 where toldOnSending == nil { toldOnSending = slow.send("!9") ? nil : errno }
        #expect(try await rig.loss() == .failed(errno: ENOBUFS))
        _ = try await rig.waitForNotice { if case .overflowed = $0 { true } else { nil } }
        // Nobody else is the worse for it.
        other.send("fine?")
        #expect(other.receiveText() == "fine?")
        #expect((toldOnSending ?? slow.end()) == ECONNRESET)
        await rig.stop()
    }

    @Test(arguments: [true, false])
    func moreConnectionsThanAllowedAreReset(perAddress: Bool) async throws {
        var limits = HubLimits()
        if perAddress { limits.connectionsPerAddress = 3 } else { limits.connections = 3 }
        let rig = try await EchoRig(.tcp, limits: limits)
        var peers: [PlainSocket] = []
        for _ in 0..<3 {
            let peer = try PlainSocket(.stream, to: rig.address)
            peer.send("in")
            #expect(peer.receiveText() == "in")
            peers.append(peer)
        }
        let refused = try PlainSocket(.stream, to: rig.address)
        #expect(refused.end() == ECONNRESET)
        _ = try await rig.waitForNotice { if case .refused(_, 3) = $0 { true } else { nil } }
        let elsewhere = try? PlainSocket(
            .stream, to: rig.address, from: TransportAddress(ip: try #require(IPAddress("127.0.0.9")), port: 0))
        elsewhere?.send("x")
        #expect(elsewhere?.receiveText() == (perAddress ? "x" : nil))
        // A place that is given up can be had.
        peers.removeFirst()
        let answer: String = try await poll(.seconds(5)) {
            let next = try PlainSocket(.stream, to: rig.address)
            next.send("next")
            return next.receiveText()
        }
        #expect(answer == "next")
        await rig.stop()
    }

    @Test func manyFlowsAtOnce() async throws {
        let rig = try await EchoRig(.tcp)
        var peers: [PlainSocket] = []
        for index in 0..<2000 {
            // Descriptors are the host's to give; a small limit there is no failure here.
            guard let peer = try? PlainSocket(.stream, to: rig.address) else { break }
            peer.send("flow \(index)")
            peers.append(peer)
        }
        #expect(peers.count > 400)
        for (index, peer) in peers.enumerated() { #expect(peer.receiveText() == "flow \(index)") }
        let count = peers.count
        let known = await rig.driver.ask { $0.flows.count }
        #expect(known == count)
        peers.removeAll()
        var left = count
        for _ in 0..<500 where left > 0 {
            left = await rig.driver.ask { $0.flows.count }
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(left == 0)
        await rig.stop()
    }

    // MARK: - The hub's own flows, its timer, its questions

    @Test func opensAFlow() async throws {
        let server = try PlainSocket(.stream, from: TransportAddress("127.0.0.1:0"))
        server.listen()
        let rig = try await EchoRig(.tcp)
        let local = TransportAddress(ip: try #require(IPAddress("127.0.0.2")), port: rig.address.port)
        rig.driver.send(.open(ticket: 7, .tcp, remote: try #require(server.name), local: local))
        let peer = try server.accept()
        let (id, flow, origin) = try await rig.flow()
        #expect(origin == .opened(ticket: 7))
        #expect(flow.local.ip == local.ip)
        rig.driver.send(.send(Array("hello".utf8), id))
        #expect(peer.receiveText() == "hello")
        await rig.stop()
        #expect(peer.end() == 0)
    }

    @Test func tellsWhatCannotBeOpened() async throws {
        let rig = try await EchoRig(.tcp)
        // A port that was just free, with nobody on it.
        let free = try #require(try PlainSocket(.stream, from: TransportAddress("127.0.0.1:0")).name)
        rig.driver.send(.open(ticket: 1, .tcp, remote: free, local: nil))
        rig.driver.send(.open(ticket: 2, .tls, remote: free, local: nil))
        rig.driver.send(.open(ticket: 3, .udp, remote: free, local: nil))
        rig.driver.send(.open(ticket: 4, .sctp, remote: free, local: nil))
        let expected: [UInt32: Int32] = [
            1: ECONNREFUSED, 2: EPROTONOSUPPORT, 3: EADDRNOTAVAIL, 4: EPROTONOSUPPORT,
        ]
        for (ticket, number) in expected {
            let loss: FlowLoss = try await rig.wait {
                if case .notOpened(ticket, let loss) = $0 { loss } else { nil }
            }
            #expect(loss == .failed(errno: number))
        }
        await rig.stop()
    }

    @Test func keepsTheTimer() async throws {
        let rig = try await EchoRig(.tcp)
        rig.driver.send(.tick(after: .seconds(3600)))
        rig.driver.send(.tick(after: .milliseconds(20)))
        _ = try await rig.wait { $0 == .tick ? true : nil }
        await rig.stop()
    }

    @Test func canBeAskedAfterTheEnd() async throws {
        let rig = try await EchoRig(.tcp)
        let peer = try PlainSocket(.stream, to: rig.address)
        peer.send("four")
        #expect(peer.receiveText() == "four")
        await rig.stop()
        #expect(await rig.driver.ask { $0.octets } == 4)
    }
}
