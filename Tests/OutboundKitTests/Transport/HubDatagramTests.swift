import Glibc
import Testing

@testable import OutboundKit

@Suite(.serialized) struct HubDatagramTests {
    @Test(arguments: ["127.0.0.1", "::1"])
    func echoes(host: String) async throws {
        let rig = try await EchoRig(.udp, host)
        let peer = try PlainSocket(.datagram, to: rig.address)
        for text in ["one", "two"] {
            peer.send(text)
            #expect(peer.receiveText() == text)
        }
        let (id, flow, origin) = try await rig.flow()
        #expect(flow == Flow(transport: .udp, local: rig.address, remote: try #require(peer.name)))
        #expect(origin == .accepted)
        // One flow, whatever it carries.
        #expect(rig.events.count { if case .up = $0 { true } else { false } } == 1)
        #expect(rig.events.count { if case .received(id, _) = $0 { true } else { false } } == 2)
        await rig.stop()
    }

    @Test func answersFromTheAddressThatWasAsked() async throws {
        let rig = try await EchoRig(.udp, "0.0.0.0")
        let ports = Set(rig.driver.listeners.map(\.address.port))
        #expect(ports.count == 1)
        // The peer's socket is connected, so an answer from anywhere else would not reach it.
        for listener in rig.driver.listeners {
            let peer = try PlainSocket(.datagram, to: listener.address)
            peer.send("who are you?")
            #expect(peer.receiveText() == "who are you?")
        }
        await rig.stop()
    }

    @Test func listenersAreInTheOrderAskedFor() async throws {
        let asked: [TransportProtocol] = [.tcp, .udp, .ws, .udp]
        let ip = try #require(IPAddress("127.0.0.1"))
        let rig = try await EchoRig(asked.map { HubListener($0, TransportAddress(ip: ip, port: 0)) })
        #expect(rig.driver.listeners.map(\.transport) == asked)
        for listener in rig.driver.listeners where listener.transport == .udp {
            let peer = try PlainSocket(.datagram, to: listener.address)
            peer.send("hello")
            #expect(peer.receiveText() == "hello")
        }
        await rig.stop()
    }

    @Test func largestDatagram() async throws {
        let rig = try await EchoRig(.udp)
        let peer = try PlainSocket(.datagram, to: rig.address)
        let octets = (0..<65_507).map { UInt8(truncatingIfNeeded: $0) }
        #expect(peer.send(octets))
        #expect(peer.receive() == octets)
        await rig.stop()
    }

    @Test func burstsKeepTheirOrder() async throws {
        let rig = try await EchoRig(.udp)
        let peer = try PlainSocket(.datagram, to: rig.address, receiveBuffer: 1 << 20)
        for index in 0..<150 { peer.send("message \(index)") }
        for index in 0..<150 { #expect(peer.receiveText() == "message \(index)") }
        await rig.stop()
    }

    @Test func opensAFlowFromAListeningSocket() async throws {
        let ends = ["127.0.0.1", "127.0.0.2"].compactMap { IPAddress($0) }
        let rig = try await EchoRig(ends.map { HubListener(.udp, TransportAddress(ip: $0, port: 0)) })
        let peer = try PlainSocket(.datagram, from: TransportAddress("127.0.0.1:0"))
        let local = rig.driver.listeners[1].address
        rig.driver.send(.open(ticket: 5, .udp, remote: try #require(peer.name), local: local))
        let (id, flow, origin) = try await rig.flow()
        #expect(origin == .opened(ticket: 5))
        #expect(flow.local == local)
        rig.driver.send(.send(Array("hello".utf8), id))
        #expect(peer.receiveText() == "hello")
        // Asked for once more, it is the same flow.
        rig.driver.send(.open(ticket: 6, .udp, remote: try #require(peer.name), local: local))
        let again: FlowID = try await rig.wait { if case .up(let id, _, .opened(6)) = $0 { id } else { nil } }
        #expect(again == id)
        await rig.stop()
    }

    /// Nobody listens on the peer's port any more; the flow is told so, and other flows go on.
    @Test(arguments: ["127.0.0.1", "::1"])
    func hearsOfUnreachablePorts(host: String) async throws {
        let rig = try await EchoRig(.udp, host)
        var gone: PlainSocket? = try PlainSocket(.datagram, to: rig.address)
        gone?.send("x")
        #expect(gone?.receiveText() == "x")
        let id = try await rig.flow().id
        gone = nil
        _ = gone
        for _ in 0..<3 { rig.driver.send(.send([1], id)) }
        #expect(try await rig.loss() == .portUnreachable)
        let other = try PlainSocket(.datagram, to: rig.address)
        other.send("fine?")
        #expect(other.receiveText() == "fine?")
        await rig.stop()
    }

    /// What the host refuses to send concerns the one flow. A datagram whose source port is 0 makes such a flow.
    @Test func refusalsDoNotDisturbOthers() async throws {
        let rig = try await EchoRig(.udp)
        let nowhere = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 0)
        rig.driver.send(.open(ticket: 1, .udp, remote: nowhere, local: nil))
        let id = try await rig.flow().id
        let peer = try PlainSocket(.datagram, to: rig.address)
        rig.driver.send(.send([1], id))
        peer.send("fine?")
        #expect(peer.receiveText() == "fine?")
        #expect(try await rig.loss() == .failed(errno: EINVAL))
        await rig.stop()
    }

    @Test func closedFlowIsForgotten() async throws {
        let rig = try await EchoRig(.udp)
        let peer = try PlainSocket(.datagram, to: rig.address)
        peer.send("a")
        #expect(peer.receiveText() == "a")
        rig.driver.send(.close(try await rig.flow().id, .fin))
        _ = await rig.driver.ask { $0.octets }
        peer.send("b")
        #expect(peer.receiveText() == "b")
        #expect(rig.events.count { if case .up = $0 { true } else { false } } == 2)
        await rig.stop()
    }

    @Test func silentlyClosedFlowIsDeaf() async throws {
        let rig = try await EchoRig(.udp)
        let peer = try PlainSocket(.datagram, to: rig.address)
        peer.send("a")
        #expect(peer.receiveText() == "a")
        rig.driver.send(.close(try await rig.flow().id, .silent))
        _ = await rig.driver.ask { $0.octets }
        peer.send("b")
        let other = try PlainSocket(.datagram, to: rig.address)
        other.send("c")
        #expect(other.receiveText() == "c")
        var entry = pollfd(fd: peer.descriptor, events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&entry, 1, 100) == 0)
        await rig.stop()
    }

    @Test func portIsFreeAfterTheEnd() async throws {
        let rig = try await EchoRig(.udp)
        let peer = try PlainSocket(.datagram, to: rig.address)
        peer.send("a")
        #expect(peer.receiveText() == "a")
        await rig.stop()
        let again = try await EchoRig([HubListener(.udp, rig.address)])
        peer.send("b")
        #expect(peer.receiveText() == "b")
        await again.stop()
        #expect(await rig.driver.ask { $0.octets } == 1)
    }

    @Test func quietFlowsAreForgotten() async throws {
        var limits = HubLimits()
        limits.datagramIdle = .zero
        let rig = try await EchoRig(.udp, limits: limits)
        let peer = try PlainSocket(.datagram, to: rig.address)
        peer.send("a")
        #expect(peer.receiveText() == "a")
        // The table is looked through every few seconds.
        #expect(try await rig.loss(.seconds(15)) == .failed(errno: ETIMEDOUT))
        peer.send("b")
        #expect(peer.receiveText() == "b")
        #expect(rig.events.count { if case .up = $0 { true } else { false } } == 2)
        await rig.stop()
    }

    @Test func leastRecentlyUsedGoes() async throws {
        var limits = HubLimits()
        limits.datagramFlows = 3
        let rig = try await EchoRig(.udp, limits: limits)
        let peers = try (0..<4).map { _ in try PlainSocket(.datagram, to: rig.address) }
        for index in [0, 1, 2, 0, 3] {
            peers[index].send("\(index)")
            #expect(peers[index].receiveText() == "\(index)")
        }
        // The second was the longest unused when the fourth came.
        let flows = rig.events.compactMap { if case .up(let id, let flow, _) = $0 { (id, flow.remote) } else { nil } }
        let second = try #require(flows.first { $0.1 == peers[1].name })
        let gone: FlowID = try await rig.wait {
            if case .down(let id, .failed(errno: ENOBUFS)) = $0 { id } else { nil }
        }
        #expect(gone == second.0)
        await rig.stop()
    }
}

@Suite struct DatagramFlowsTests {
    private func key(_ number: UInt32) -> DatagramFlows.Key {
        DatagramFlows.Key(port: 0, remote: TransportAddress(ip: IPAddress(v4: number), port: 5060))
    }

    @Test func ageing() {
        var flows = DatagramFlows(capacity: 10)
        for number in 0..<4 {
            _ = flows.insert(key(UInt32(number)), id: FlowID(UInt32(number)), at: Timestamp(seconds: Double(number)))
        }
        // Used again, the first outlives the second; muted, the third ages from then on.
        #expect(flows.use(key(0), at: Timestamp(seconds: 10))?.id == FlowID(0))
        flows.mute(FlowID(2), at: Timestamp(seconds: 11))
        #expect(flows.use(key(2), at: Timestamp(seconds: 50))?.isMuted == true)
        var order: [FlowID] = []
        while let entry = flows.expire(before: Timestamp(seconds: 11.5)) { order.append(entry.id) }
        #expect(order == [FlowID(1), FlowID(3), FlowID(0), FlowID(2)])
        #expect(flows.count == 0)
    }

    /// Against a plain list, step by step.
    @Test func agreesWithAList() {
        var flows = DatagramFlows(capacity: 8)
        var list: [UInt32] = []
        var random = SeededGenerator(seed: 26)
        var nextID: UInt32 = 0
        var ids: [UInt32: UInt32] = [:]
        for step in 0..<5000 {
            let now = Timestamp(seconds: Double(step))
            let number = UInt32.random(in: 0..<16, using: &random)
            if Int.random(in: 0..<8, using: &random) == 0, let id = ids[number] {
                #expect(flows.remove(FlowID(id))?.key == key(number))
                list.removeAll { $0 == number }
                ids[number] = nil
            } else if let entry = flows.use(key(number), at: now) {
                #expect(entry.id == ids[number].map { FlowID($0) })
                list.removeAll { $0 == number }
                list.append(number)
            } else {
                #expect(ids[number] == nil)
                let pushedOut = flows.insert(key(number), id: FlowID(nextID), at: now)
                ids[number] = nextID
                nextID += 1
                list.append(number)
                if list.count > 8 {
                    let oldest = list.removeFirst()
                    #expect(pushedOut?.key == key(oldest))
                    ids[oldest] = nil
                } else {
                    #expect(pushedOut?.id == nil)
                }
            }
            #expect(flows.count == list.count)
        }
    }
}
