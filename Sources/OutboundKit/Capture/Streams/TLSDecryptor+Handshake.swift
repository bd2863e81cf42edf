/// From hellos to keys.
extension TLSDecryptor {
    /// A handshake message in the clear or, in a connection of TLS 1.2 that negotiates again, under the keys before.
    mutating func hear(_ message: TLSHandshakeReader.Message, _ fromClient: Bool, _ secrets: TLSSecretStore) {
        switch (message.type, fromClient) {
        case (TLSHandshakeReader.Kind.clientHello, true):
            guard let hello = unsafe TLSHello(message.body.span.bytes, fromClient: true) else { return giveUp(.noKeys) }
            // Known at once or not at all: a connection that cannot be read must not be kept.
            if agreement == nil, secrets[hello.random] == nil { return giveUp(.noKeys) }
            clientHello = hello
        case (TLSHandshakeReader.Kind.serverHello, false):
            guard let hello = unsafe TLSHello(message.body.span.bytes, fromClient: false) else {
                return giveUp(.noKeys)
            }
            if !hello.isRetry { serverHello = hello }
        default: return
        }
        guard let clientHello, let serverHello, message.type == TLSHandshakeReader.Kind.serverHello || agreement == nil
        else { return }
        agree(clientHello, serverHello, secrets)
    }

    /// Handshake messages under keys.
    mutating func hearInside(_ octets: [UInt8], _ fromClient: Bool, _ secrets: TLSSecretStore) {
        let isTLS13 = agreement?.suite.isTLS13 == true
        for message in self[fromClient].handshake.receive(octets[...]) {
            switch message.type {
            case _ where !isTLS13: hear(message, fromClient, secrets)
            case TLSHandshakeReader.Kind.finished where !self[fromClient].isApplication:
                guard self[fromClient].nextKey != nil else { return giveUp(.noKeys) }
                changeKey(fromClient)
            case TLSHandshakeReader.Kind.keyUpdate where self[fromClient].isApplication: updateKey(fromClient)
            default: break
            }
        }
    }

    /// RFC 8446 §7.2.
    private mutating func updateKey(_ fromClient: Bool) {
        guard let suite = agreement?.suite else { return }
        do throws(CryptoError) {
            let secret = try TLSKeyDerivation.expandLabel(
                suite.digest, secret: self[fromClient].secret, label: "traffic upd", length: suite.digest.byteCount)
            self[fromClient].secret = secret
            self[fromClient].key = try TLSRecordKey(suite, trafficSecret: secret)
            self[fromClient].sequence = 0
        } catch {
            self[fromClient].isLost = true
        }
    }

    /// Both hellos are there: what they agree on, and the keys.
    private mutating func agree(_ clientHello: TLSHello, _ hello: TLSHello, _ secrets: TLSSecretStore) {
        guard let known = secrets[clientHello.random] else { return giveUp(.noKeys) }
        guard let suite = TLSSuite(hello.suite), suite.isTLS13 == (hello.version == 0x0304), hello.version >= 0x0303
        else { return giveUp(.suite) }
        do throws(CryptoError) {
            if suite.isTLS13 {
                try takeKeys(suite, fromClient: true, handshake: known.clientHandshake, application: known.client)
                try takeKeys(suite, fromClient: false, handshake: known.serverHandshake, application: known.server)
                guard client.key != nil || server.key != nil else { return giveUp(.noKeys) }
            } else {
                guard let master = known.master else { return giveUp(.noKeys) }
                let pair = try TLSRecordKey.Pair(
                    suite, master: master, client: clientHello.random, server: hello.random,
                    encryptsThenAuthenticates: hello.encryptsThenAuthenticates)
                client.nextKey = pair.client
                server.nextKey = pair.server
            }
            agreement = Agreement(suite: suite, client: clientHello.random)
        } catch {
            giveUp(.suite)
        }
    }

    private mutating func takeKeys(
        _ suite: TLSSuite, fromClient: Bool, handshake: [UInt8]?, application: [UInt8]?
    ) throws(CryptoError) {
        if let application {
            self[fromClient].secret = application
            self[fromClient].nextKey = try TLSRecordKey(suite, trafficSecret: application)
        }
        // What is said in the clear is over; parts of messages do not go on under the key.
        self[fromClient].handshake = TLSHandshakeReader(limit: limits.tlsHelloOctets)
        if let handshake {
            self[fromClient].key = try TLSRecordKey(suite, trafficSecret: handshake)
        } else if application != nil {
            // The handshake's records are passed over until one opens with the application's key.
            changeKey(fromClient)
            self[fromClient].skipsHandshake = true
        }
    }
}
