import ArgumentParser
import OutboundKit

/// The options of `sipob edge` put together and checked: what can be known before a socket is opened.
struct EdgePlan {
    let listeners: [HubListener]
    /// For a registrar that is reached over TLS.
    let clientTLS: TLSContext?
    let settings: EdgeSettings
    let store: EdgeStore?
    let state: RegistrarState
    let watch: EdgeWatchOptions
    let reports: ReportOptions
    let output: OutputOptions

    init(_ command: EdgeServiceCommand) async throws {
        watch = command.watch
        reports = command.reports
        output = command.output
        let clock = SystemClock()
        var opened: SQLiteBindingStore?
        if let path = command.registrar.db {
            guard DatabaseClaim.take(path) else {
                Terminal.complain("--db: another sipob edge uses \(path); end that one, or name another file.")
                throw ExitStatus.failure
            }
            do {
                let store = try SQLiteBindingStore(path: path)
                state = try store.load(at: clock.now)
                self.store = EdgeStore(store)
                opened = store
            } catch {
                Terminal.complain("--db: \(error).")
                throw ExitStatus.failure
            }
        } else {
            store = nil
            state = RegistrarState()
        }
        var settings = try await Self.settings(command)
        settings.registrar = try Self.registrarSettings(command, store: opened)
        if let store {
            settings.persist = { changes in store.apply(changes) }
        }
        self.settings = settings
        clientTLS = try Self.clientTLS(command, settings.role)
        listeners = try Self.listeners(command.service, command.tls)
    }

    private static func settings(_ command: EdgeServiceCommand) async throws -> EdgeSettings {
        let service = command.service
        var settings = EdgeSettings()
        if let upstream = try service.upstream() {
            let locator = try command.location.locator()
            do throws(TransportError) {
                let found = try await locator.servers(of: upstream, for: .upstream, family: .any, from: nil)
                settings.role = .edge(registrars: found.map { .init($0.transport, $0.address) })
            } catch {
                Terminal.complain("--registrar: \(error); check the name, or give an address.")
                throw ExitStatus.failure
            }
        } else if service.registrarOnly {
            settings.role = .registrar
        }
        settings.outbound = service.forceOutbound ? .always : service.forceNoOutbound ? .never : .asAsked
        settings.domains = service.domain
        settings.tokenSecret = try secret(service.secretFile)
        settings.tokenFormat = service.tokenFormat == .kamailio ? .kamailio : .rfc5626
        settings.flowTimer = service.flowTimer == 0 ? nil : service.flowTimer
        settings.grace = .milliseconds(Int64(service.grace * 1000))
        settings.branchTimeout = .milliseconds(Int64(service.branchTimeout * 1000))
        settings.software = "sipob/\(sipobVersion)"
        settings.observes = command.watch.judge || command.watch.trace
        settings.faults = try faults(command.fault)
        return settings
    }

    private static func registrarSettings(
        _ command: EdgeServiceCommand, store: SQLiteBindingStore?
    ) throws -> RegistrarSettings {
        let options = command.registrar
        var settings = RegistrarSettings()
        settings.minimumExpires = options.minExpires
        settings.defaultExpires = options.defaultExpires
        settings.maximumExpires = options.maxExpires
        settings.outbound = options.requireOutbound ? .required : .supported
        // Phones that do not list `path` are taken all the same: the edge in this process finds them by their flow.
        settings.path = command.service.registrarOnly ? .strict : .lazy
        do throws(StorageError) {
            if let store { settings.gruuKey = try store.secret() }
        } catch {
            Terminal.complain("--db: \(error).")
            throw ExitStatus.failure
        }
        guard let path = options.users else { return settings }
        let realm = options.realm ?? command.service.domain.first ?? "sipob"
        settings.authentication = try EdgeUsers.verifier(path, realm: realm)
        return settings
    }

    private static func secret(_ path: String?) throws -> [UInt8]? {
        guard let path else { return nil }
        switch SmallFile.read(path, limit: TokenKeyOptions.longestKey) {
        case .success(let octets):
            let secret = Array(octets.prefix { $0 != ASCII.lf && $0 != ASCII.cr })
            guard !secret.isEmpty else {
                Terminal.complain("--secret-file \(path): the first line is empty; it must be the secret")
                throw ExitStatus.failure
            }
            return secret
        case .failure(let refusal):
            Terminal.complain("--secret-file \(path): cannot read it: \(refusal)")
            throw ExitStatus.failure
        }
    }

    /// - Throws: `ValidationError` for a fault that does not exist.
    static func faults(_ texts: [String]) throws -> FaultPlan {
        do {
            return try FaultPlan.parse(texts)
        } catch {
            throw ValidationError("--fault: \(error); sipob edge --list-faults explains them.")
        }
    }

    private static func listeners(
        _ service: EdgeServiceOptions, _ tls: EdgeTLSOptions
    ) throws -> [HubListener] {
        var context: TLSContext?
        let all = service.listeners
        if all.contains(where: \.isSecured) { context = try tlsContext(tls, for: all) }
        return all.map { HubListener($0.transport, $0.address, tls: $0.isSecured ? context : nil) }
    }

    private static func clientTLS(
        _ command: EdgeServiceCommand, _ role: EdgeSettings.Role
    ) throws -> TLSContext? {
        guard case .edge(let registrars) = role, registrars.contains(where: \.transport.isSecured),
            let upstream = try command.service.upstream()
        else { return nil }
        let options = command.tls
        var settings = TLSSettings()
        if let file = options.caFile { settings.trust = .file(file) }
        if let certificate = options.cert, let key = options.key {
            settings.identity = .files(certificate: certificate, key: key)
        }
        // The name of the URI, whichever host SRV records gave (RFC 5922 §4).
        settings.peerName = options.tlsName ?? upstream.host
        settings.verifiesServer = !options.insecure
        settings.keyLogFile = options.keylog
        do throws(TLSFailure) {
            return KeyLogs.watched(try TLSContext(.client, settings))
        } catch {
            Terminal.complain("TLS: \(error)")
            throw ExitStatus.failure
        }
    }

    private static func tlsContext(_ options: EdgeTLSOptions, for listeners: [Listener]) throws -> TLSContext {
        var settings = TLSSettings()
        settings.protocols = ["http/1.1"]
        settings.keyLogFile = options.keylog
        do throws(TLSFailure) {
            if let certificate = options.cert, let key = options.key {
                settings.identity = .files(certificate: certificate, key: key)
            } else {
                let names = listeners.filter(\.isSecured).map(\.address.ip.description) + ["localhost"]
                let own = try TLSCertificate(selfSignedFor: names)
                settings.identity = .certificate(own)
                Terminal.complain("no --cert given: TLS peers see a certificate that was made for this run.")
            }
            if let file = options.clientCa {
                settings.trust = .file(file)
                settings.demandsClientCertificate = true
            }
            return KeyLogs.watched(try TLSContext(.server, settings))
        } catch {
            Terminal.complain("TLS: \(error)")
            throw ExitStatus.failure
        }
    }
}
