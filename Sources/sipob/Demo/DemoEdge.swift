import OutboundKit

/// An edge of the demo: on loopback ports that the host chooses, with a short Flow-Timer, everything recorded.
struct DemoEdge {
    private let driver: HubDriver<RecordingHub<EdgeServer>>
    let udp: TransportAddress
    let tcp: TransportAddress
    let ws: TransportAddress

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

    /// - Parameter breach: milliseconds of silence after which connections are closed, against the promise of Flow-Timer; nil
    ///   for an edge that keeps it.
    init(clock: SystemClock, breach: Int? = nil) async throws(Failure) {
        var settings = EdgeSettings()
        settings.flowTimer = Self.flowTimer
        settings.grace = .seconds(3)
        settings.software = "sipob/\(sipobVersion)"
        settings.registrar.path = .lazy
        if let breach { settings.faults = FaultPlan([Fault(.closesEarly, value: breach)]) }
        let edge: EdgeServer
        do throws(CryptoError) { edge = try EdgeServer(settings) } catch { throw .noCrypto(error) }
        let recorder = FlowRecorder(application: "sipob \(sipobVersion) demo")
        let anyPort = TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 0)
        do throws(TransportError) {
            driver = try await HubDriver.start(
                RecordingHub(edge, recorder: recorder),
                listeners: [TransportProtocol.udp, .tcp, .ws].map { HubListener($0, anyPort) }, clock: clock
            ) { _ in }
        } catch {
            throw .noSocket(error)
        }
        driver.send(.listening(driver.listeners.map(\.address)))
        let bound = driver.listeners
        udp = bound.first { $0.transport == .udp }?.address ?? anyPort
        tcp = bound.first { $0.transport == .tcp }?.address ?? anyPort
        ws = bound.first { $0.transport == .ws }?.address ?? anyPort
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
