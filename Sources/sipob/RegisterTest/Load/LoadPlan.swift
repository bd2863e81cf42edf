import ArgumentParser
import Glibc
import OutboundKit

/// Why a run under load cannot begin.
struct LoadRefusal: Error {
    /// One word for machines.
    let reason: String
    /// What was tried, and what to do next.
    let words: String
}

/// What one run under load does, put together and found to fit on this host.
struct LoadPlan: Sendable {
    let settings: FleetSettings
    let security: FleetLoop.Security?

    /// - Throws: `ValidationError` for what cannot be asked for; `LoadRefusal` where the server cannot be found or the
    ///   host has too little of something.
    init(
        _ options: LoadOptions, _ plan: RegisterTestPlan, _ locator: Locator, tls: TLSContext?
    ) async throws {
        let flows = options.flows ?? 1
        let server = try await Self.server(plan, locator)
        if let local = plan.local, local.port != 0 {
            throw ValidationError("--bind \(local): each flow needs a port of its own; give the address alone.")
        }
        guard server.address.ip.isLoopback || options.targetIsMine || flows <= LoadOptions.harmless && !options.flood
        else {
            throw ValidationError(
                "\(options.flood ? "--flood" : "--flows \(flows)") to \(server.address): loopback targets only; it can take "
                    + "a server down. If it is yours, say --yes-this-target-is-mine.")
        }
        try Self.raiseFileLimit(to: flows)
        security = server.transport.isSecured ? tls.map { FleetLoop.Security($0, name: server.name) } : nil
        let single = plan.settings()
        var settings = FleetSettings(
            addressOfRecord: plan.addressOfRecord, registrar: plan.registrar, route: single.route,
            transport: server.transport, remote: server.address,
            count: flows, instance: plan.instance, regID: plan.regID,
            userAgent: single.userAgent)
        settings.locals = try Self.locals(options.over, flows, plan.local?.ip, server.address)
        settings.expiresSeconds = plan.expiresSeconds
        settings.username = plan.username
        settings.password = plan.password
        settings.ramp = options.ramp
        settings.hold = options.hold?.duration ?? .zero
        settings.floods = options.flood
        settings.sendsKeepAlive = plan.sendsKeepAlive
        settings.keepsBindings = plan.keepsBinding
        settings.backoff = options.backoff
        settings.timing = single.timing
        settings.webSocket = single.webSocket
        self.settings = settings
    }

    private static func server(_ plan: RegisterTestPlan, _ locator: Locator) async throws -> Locator.Target {
        do throws(TransportError) {
            let found = try await locator.servers(
                of: plan.target, for: .registration, family: plan.family, from: plan.local)
            return found[0]
        } catch {
            throw LoadRefusal(reason: "unreachable", words: "\(error.withAdvice).")
        }
    }

    // MARK: This host

    /// Descriptors besides the flows' own.
    private static let otherFiles = 32

    /// Each flow needs a descriptor.
    private static func raiseFileLimit(to flows: Int) throws {
        let needed = flows + otherFiles
        OpenFiles.raise()
        guard let limit = OpenFiles.limit, limit < needed else { return }
        throw LoadRefusal(
            reason: "host-limit",
            words:
                "\(flows) flows need \(needed) open files, and this process may have \(limit): raise the limit (ulimit "
                + "-n), or ask for at most \(limit - otherFiles) flows.")
    }

    /// `connect` finds a free port fast for so many flows from one address, and slowly for more.
    private static let easyFlows = 10_000

    /// The local addresses; empty lets the host choose.
    private static func locals(
        _ over: Int?, _ flows: Int, _ bind: IPAddress?, _ remote: TransportAddress
    ) throws -> [IPAddress] {
        let isLoopback = remote.ip.isLoopback && !remote.ip.isIPv6
        let count = over ?? (isLoopback && bind == nil ? (flows + easyFlows - 1) / easyFlows : 1)
        let ports = portCount
        guard flows <= count * ports else {
            let have = count == 1 ? "one local address has" : "\(count) local addresses have"
            throw LoadRefusal(
                reason: "host-limit",
                words: "\(flows) flows need more ports than \(have) (\(ports) each): use --over "
                    + "\((flows + ports - 1) / ports) or more.")
        }
        guard let first = bind ?? (isLoopback ? IPAddress(v4: 0x7F00_0001) : nil) else {
            if count == 1 { return [] }
            throw ValidationError("--over \(count) needs --bind, the first of the addresses, beyond 127.0.0.0/8.")
        }
        let addresses = try (0..<count).map { index in
            guard let next = first.advanced(by: index) else {
                throw ValidationError("--over \(count): there are no so many addresses from \(first) on.")
            }
            return next
        }
        for address in addresses {
            do throws(TransportError) {
                _ = try UDPSocket(to: remote, from: TransportAddress(ip: address, port: 0))
            } catch {
                let option = bind == nil || count > 1 ? "--over \(count)" : "--bind \(address)"
                let advice = error.hostAdvice ?? "each must be an address of this host"
                throw LoadRefusal(reason: "unreachable", words: "\(option): \(error); \(advice).")
            }
        }
        return addresses
    }

    /// Ports that the host gives out by itself.
    private static var portCount: Int {
        guard case .success(let octets) = SmallFile.read("/proc/sys/net/ipv4/ip_local_port_range", limit: 64) else {
            return 28_232
        }
        let ends = String(decoding: octets, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        guard ends.count == 2, ends[0] <= ends[1] else { return 28_232 }
        return ends[1] - ends[0] + 1
    }
}

extension IPAddress {
    /// The address so many further on; nil beyond the last.
    fileprivate func advanced(by count: Int) -> IPAddress? {
        let (sum, overflow) = low.addingReportingOverflow(UInt64(count))
        if isIPv6 { return overflow ? nil : IPAddress(v6High: high, v6Low: sum) }
        return UInt32(exactly: sum).map { IPAddress(v4: $0) }
    }
}
