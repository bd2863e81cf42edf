import OutboundKit

/// The edge of the demo: on loopback ports that the host chooses, with a short Flow-Timer, everything recorded.
struct DemoEdge {
    private let driver: HubDriver<RecordingHub<EdgeServer>>
    let udp: TransportAddress
    let tcp: TransportAddress

    /// Seconds; so short that a few seconds show several keep-alives.
    static let flowTimer: UInt32 = 2

    enum Failure: Error, CustomStringConvertible {
        case noCrypto(CryptoError)
        case noSocket(TransportError)

        var description: String {
            switch self {
            case .noCrypto(let error): "the edge cannot sign flow tokens: \(error)"
            case .noSocket(let error): "the edge cannot listen on loopback: \(error)"
            }
        }
    }

    init(clock: SystemClock) async throws(Failure) {
        var settings = EdgeSettings()
        settings.flowTimer = Self.flowTimer
        settings.grace = .seconds(3)
        settings.software = "sipob/\(sipobVersion)"
        settings.registrar.path = .lazy
        let edge: EdgeServer
        do throws(CryptoError) { edge = try EdgeServer(settings) } catch { throw .noCrypto(error) }
        let recorder = FlowRecorder(application: "sipob \(sipobVersion) demo")
        let anyPort = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 0)
        do throws(TransportError) {
            driver = try await HubDriver.start(
                RecordingHub(edge, recorder: recorder),
                listeners: [HubListener(.udp, anyPort), HubListener(.tcp, anyPort)], clock: clock
            ) { _ in }
        } catch {
            throw .noSocket(error)
        }
        driver.send(.listening(driver.listeners.map(\.address)))
        udp = driver.listeners.first { $0.transport == .udp }?.address ?? anyPort
        tcp = driver.listeners.first { $0.transport == .tcp }?.address ?? anyPort
    }

    /// Resets the flow whose far end is `remote`, as a NAT or a crash would end it.
    /// - Returns: whether there was one.
    func cut(_ remote: TransportAddress) async -> Bool {
        await driver.ask { hub in
            guard let line = hub.edge.snapshot(at: .zero).flows.first(where: { $0.flow.remote == remote }) else {
                return false
            }
            hub.handle(.command(.close(line.id, .rst)), at: SystemClock().now)
            return true
        }
    }

    /// Ends the edge.
    /// - Returns: the capture of all that went over it.
    func stop() async -> [UInt8] {
        await driver.stop()
        return await driver.ask { $0.recorder.take() }
    }
}
