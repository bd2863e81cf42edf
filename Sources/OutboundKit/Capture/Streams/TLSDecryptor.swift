/// Decrypts one TLS connection of a capture with the secrets of a key log (RFC 5246, RFC 8446). It believes a record when
/// its tag or code proves it, and nothing else: certificates, signatures and the order of a handshake are not looked at.
///
///     ClientHello, ServerHello ─▶ suite and secrets ─▶ a key for each end ─▶ records, in the order of their numbers
///                                                        └─ next key: Finished, KeyUpdate (TLS 1.3), ChangeCipherSpec (1.2)
///
/// Where octets of an end are missing it looks for its next record and tries the numbers that it may have; where that
/// fails, the end is lost, and each piece of it is reported as that.
struct TLSDecryptor {
    enum Output: Equatable {
        /// What an end said. `isFirst`: nothing of what it said before is missing, for there was nothing.
        case plaintext([UInt8], isFirst: Bool)
        /// The end says no more (close_notify, RFC 8446 §6.1).
        case closed
        /// The end gives the connection up: a fatal alert.
        case failed
        /// There are no keys, or they do not fit: nothing of the connection can be read. Nothing was before.
        case unreadable(Reason)
        /// Something of what the end said could not be read.
        case lost
        /// A record that a client sent ahead of the handshake (0-RTT), which is not read.
        case early
    }

    enum Reason: Equatable {
        case noKeys
        /// The key log names the connection, and its secrets open nothing.
        case wrongKeys
        case suite
    }

    /// What hellos have agreed on.
    struct Agreement {
        let suite: TLSSuite
        let client: TLSRandom
    }

    /// One end's side of the connection.
    struct End {
        var records = TLSRecordStream()
        var handshake: TLSHandshakeReader
        /// What opens its records; nil while they are in the clear.
        var key: TLSRecordKey?
        /// The number of its next record under that key.
        var sequence: UInt64 = 0
        /// The key that follows: after ChangeCipherSpec, or after Finished.
        var nextKey: TLSRecordKey?
        /// TLS 1.3's traffic secret, for KeyUpdate.
        var secret: [UInt8] = []
        /// What is said under the key is the application's, and not the handshake's.
        var isApplication = false
        /// The handshake's secrets are not known: its records are passed over, up to the first that opens.
        var skipsHandshake = false
        /// Records may be missing before the next one.
        var hasHole = false
        /// Nothing that the application said is missing so far.
        var isWhole = true
        var hasSpoken = false
        /// Nothing can be read any more.
        var isLost = false
        /// How often a record was looked for in vain since one was opened.
        var failures = 0
        /// Records that came before it was known how to read them.
        var held: [[UInt8]] = []
        var heldOctets = 0
    }

    let limits: CaptureLimits
    var client: End
    var server: End
    var clientHello: TLSHello?
    var serverHello: TLSHello?
    var agreement: Agreement?
    /// A record of the application was opened.
    var hasOpened = false
    private(set) var isUnreadable = false
    var outputs: [Output] = []

    init(limits: CaptureLimits) {
        self.limits = limits
        client = End(handshake: TLSHandshakeReader(limit: limits.tlsHelloOctets))
        server = client
    }

    subscript(fromClient: Bool) -> End {
        get { fromClient ? client : server }
        _modify { if fromClient { yield &client } else { yield &server } }
    }

    /// Takes an end's next octets.
    mutating func receive(
        _ octets: RawSpan, fromClient: Bool, secrets: TLSSecretStore, using opener: RecordOpener
    ) -> [Output] {
        outputs.removeAll()
        guard !isUnreadable, octets.byteCount > 0 else { return [] }
        if self[fromClient].isLost { return [.lost] }
        let failures = self[fromClient].failures
        self[fromClient].records.receive(octets)
        while !isUnreadable, !self[fromClient].isLost, let record = self[fromClient].records.next() {
            take(record, fromClient, secrets, opener)
        }
        // Octets that begin no record, where a record should be.
        if !isUnreadable, self[fromClient].records.isSearching, self[fromClient].failures == failures {
            fail(fromClient)
        }
        return outputs
    }

    /// Octets of an end were never seen: so many, or nobody knows.
    mutating func lose(_ count: Int?, fromClient: Bool) {
        let isOneRecord = self[fromClient].records.lose(count)
        if self[fromClient].isApplication {
            self[fromClient].isWhole = false
            self[fromClient].handshake = TLSHandshakeReader(limit: limits.tlsHelloOctets)
        } else {
            self[fromClient].handshake.lose()
        }
        if isOneRecord, self[fromClient].key != nil {
            self[fromClient].sequence &+= 1
        } else {
            self[fromClient].hasHole = true
        }
    }

    /// Nothing more can be done with the connection.
    mutating func giveUp(_ reason: Reason) {
        if hasOpened {
            client.isLost = true
            server.isLost = true
            return outputs.append(.lost)
        }
        isUnreadable = true
        outputs.append(.unreadable(reason))
        for fromClient in [true, false] {
            self[fromClient].held = []
            self[fromClient].records.search()
        }
    }

    // MARK: Records

    enum RecordType {
        static let changeCipherSpec: UInt8 = 20
        static let alert: UInt8 = 21
        static let handshake: UInt8 = 22
        static let applicationData: UInt8 = 23
    }

    private mutating func take(
        _ record: [UInt8], _ fromClient: Bool, _ secrets: TLSSecretStore, _ opener: RecordOpener
    ) {
        let type = record[0]
        if agreement == nil, type != RecordType.alert {
            // Ahead of its hello a server's ChangeCipherSpec means nothing (RFC 8446 Appendix D.4).
            if type == RecordType.changeCipherSpec, !fromClient, serverHello == nil { return }
            guard type == RecordType.handshake, self[fromClient].held.isEmpty else { return hold(record, fromClient) }
        }
        if self[fromClient].key != nil {
            guard agreement?.suite.isTLS13 == true, type != RecordType.applicationData else {
                return open(record, fromClient, secrets, opener)
            }
            // Of no meaning in TLS 1.3 (RFC 8446 §5), but for an alert of an end that has no keys.
            if type == RecordType.alert { alert(record.dropFirst(TLSRecordStream.headerOctets), fromClient) }
            return
        }
        switch type {
        case RecordType.handshake:
            for message in self[fromClient].handshake.receive(record.dropFirst(TLSRecordStream.headerOctets)) {
                hear(message, fromClient, secrets)
            }
            drainHeld(secrets, opener)
        case RecordType.changeCipherSpec where agreement?.suite.isTLS13 == false: changeKey(fromClient)
        case RecordType.alert: alert(record.dropFirst(TLSRecordStream.headerOctets), fromClient)
        case RecordType.applicationData:
            // The ChangeCipherSpec was among what is missing.
            guard self[fromClient].nextKey != nil else { return fail(fromClient) }
            changeKey(fromClient)
            self[fromClient].hasHole = true
            self[fromClient].isWhole = false
            open(record, fromClient, secrets, opener)
        default: break
        }
    }

    mutating func changeKey(_ fromClient: Bool) {
        guard let key = self[fromClient].nextKey else { return }
        self[fromClient].key = key
        self[fromClient].nextKey = nil
        self[fromClient].sequence = 0
        self[fromClient].isApplication = true
        self[fromClient].handshake = TLSHandshakeReader(limit: limits.tlsHelloOctets)
    }

    private mutating func hold(_ record: [UInt8], _ fromClient: Bool) {
        guard self[fromClient].heldOctets + record.count <= limits.tlsHeldOctets else {
            if fromClient, clientHello?.offersEarlyData == true { return outputs.append(.early) }
            return giveUp(.noKeys)
        }
        self[fromClient].held.append(record)
        self[fromClient].heldOctets += record.count
    }

    /// Reads what was held, once it is known how.
    private mutating func drainHeld(_ secrets: TLSSecretStore, _ opener: RecordOpener) {
        guard agreement != nil else { return }
        for fromClient in [true, false] where !self[fromClient].held.isEmpty {
            let held = self[fromClient].held
            self[fromClient].held = []
            self[fromClient].heldOctets = 0
            for record in held where !isUnreadable { take(record, fromClient, secrets, opener) }
        }
    }

    private mutating func alert(_ octets: ArraySlice<UInt8>, _ fromClient: Bool) {
        guard octets.count == 2, let level = octets.first, let what = octets.last else { return }
        // TLS 1.3 has no warnings but close_notify and user_canceled (RFC 8446 §6).
        if what == 0 {
            outputs.append(.closed)
        } else if level == 2 || agreement?.suite.isTLS13 == true && what != 90 {
            outputs.append(.failed)
        }
    }

    // MARK: Opening

    private mutating func open(
        _ record: [UInt8], _ fromClient: Bool, _ secrets: TLSSecretStore, _ opener: RecordOpener
    ) {
        guard let (type, octets) = tryOpen(record, fromClient, opener) else {
            // Until the handshake's first record, it may be data that the server refused or that is not read here.
            if fromClient, clientHello?.offersEarlyData == true, !client.isApplication, client.sequence == 0 {
                return outputs.append(.early)
            }
            if self[fromClient].skipsHandshake, self[fromClient].failures < limits.tlsSearches {
                return self[fromClient].failures += 1
            }
            return fail(fromClient)
        }
        self[fromClient].failures = 0
        self[fromClient].skipsHandshake = false
        switch type {
        case RecordType.applicationData where self[fromClient].isApplication:
            let isFirst = !self[fromClient].hasSpoken && self[fromClient].isWhole
            self[fromClient].hasSpoken = true
            hasOpened = true
            if !octets.isEmpty { outputs.append(.plaintext(octets, isFirst: isFirst)) }
        case RecordType.alert: alert(octets[...], fromClient)
        case RecordType.handshake: hearInside(octets, fromClient, secrets)
        // A connection of TLS 1.2 has negotiated again.
        case RecordType.changeCipherSpec: changeKey(fromClient)
        default: break
        }
    }

    /// Opens a record with the key and number that it should have or, where something is missing, with one that it may.
    private mutating func tryOpen(
        _ record: [UInt8], _ fromClient: Bool, _ opener: RecordOpener
    ) -> (type: UInt8, octets: [UInt8])? {
        let end = self[fromClient]
        let tries: UInt64 = end.hasHole ? UInt64(limits.tlsSequences) : 1
        for ahead in 0..<tries {
            let number = end.sequence &+ ahead
            guard let opened = end.key?.open(record, sequence: number, using: opener) else { continue }
            self[fromClient].sequence = number &+ 1
            self[fromClient].hasHole = false
            return opened
        }
        // The end of the handshake may be missing, or its secrets.
        guard agreement?.suite.isTLS13 == true, !end.isApplication, let key = end.nextKey else { return nil }
        for number in 0..<tries {
            guard let opened = key.open(record, sequence: number, using: opener) else { continue }
            changeKey(fromClient)
            self[fromClient].sequence = number &+ 1
            self[fromClient].isWhole = number == 0
            self[fromClient].hasHole = false
            return opened
        }
        return nil
    }

    /// A record could not be opened, or there is none where one should be.
    private mutating func fail(_ fromClient: Bool) {
        self[fromClient].failures += 1
        let isHopeless =
            !self[fromClient].hasHole && !self[fromClient].records.isSearching
            || self[fromClient].failures > limits.tlsSearches
        if isHopeless, !hasOpened { return giveUp(agreement == nil ? .noKeys : .wrongKeys) }
        if self[fromClient].isApplication { self[fromClient].isWhole = false }
        self[fromClient].records.search()
        self[fromClient].hasHole = true
        self[fromClient].isLost = isHopeless
        outputs.append(.lost)
    }
}
