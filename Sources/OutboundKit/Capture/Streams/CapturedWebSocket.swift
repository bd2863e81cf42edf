/// One WebSocket connection as a capture shows it: octets of either end in, messages and control frames out (RFC 6455,
/// RFC 7118, RFC 7692). It judges nothing: what a peer would fail the connection for is told, and reading goes on as soon
/// as frames can be recognised again.
struct CapturedWebSocket {
    enum Output {
        /// Both ends speak SIP from here on.
        case opened
        /// The client asks for SIP: an answer is due.
        case requested
        /// The handshake, whose answer came last.
        case handshake(offersSIP: Bool, grantsSIP: Bool)
        /// What the server answers to a client that asks for SIP makes no WebSocket, or none that the client may use.
        case refused(WebSocketRefusal)
        /// An end sends what RFC 6455 forbids it to.
        case fault(WebSocketFault)
        /// They speak something else, or HTTP goes on as HTTP.
        case notSIP
        /// What one message carried: a SIP message or a keep-alive (RFC 7118 §5, §6).
        case message([UInt8])
        case control(FlowEvent.WebSocketControl)
        /// A Pong that answers no Ping of the other end, and how many octets it carries. It is allowed, and proves nothing
        /// (RFC 6455 §5.5.3).
        case foreignPong(Int)
        case unread(Unread)
    }

    /// What could not be read.
    enum Unread {
        /// A compressed message that refers to others which were not seen, or for which there is no room.
        case compressed
        /// A message that inflates to more octets than the limit, or into nothing sensible.
        case inflation
        /// No frames, or frames against the protocol.
        case frames
    }

    private enum Place {
        case head(HTTPHeadReader)
        /// The client was refused: HTTP goes on, and it may ask again. → head
        case refused
        case frames(WebSocketFrameDecoder)
        /// Where the next frame begins is not known. → frames
        case searching
        /// After a Close nothing may follow (RFC 6455 §5.5.1).
        case closed
    }

    private struct End {
        var place: Place
        var assembler: WebSocketAssembler
        /// Present from the first compressed message on, where messages refer to those before.
        var inflater: RawInflater?
        var keepsContext = true
        /// Messages before were not seen, so that those which refer to them cannot be inflated.
        var hasLostContext = false
        var pings = OpenPings()
        /// Each octet since the handshake was seen: what is no frame is the sender's fault.
        var isWhole = false
    }

    private let limits: CaptureLimits
    private let frameLimits: WebSocketLimits
    private var client: End
    private var server: End
    private var handshake = CapturedHandshake()
    /// An extension that is not known here may give a meaning to reserved bits.
    private var hasOtherExtensions = false
    /// The ends did not agree on `sip`, yet the sub-protocol does not say that they speak something else: the first message
    /// shows whether it carries SIP all the same.
    private var isOpaque = false
    private var isOpen = false
    private var outputs: [Output] = []

    /// - Parameter midstream: no handshake was seen; frames have to show themselves.
    init(limits: CaptureLimits, midstream: Bool) {
        self.limits = limits
        var frameLimits = WebSocketLimits()
        // What a browser sends along, cookies above all, is for the ends to limit.
        frameLimits.headOctets = limits.webSocketHeadOctets
        frameLimits.headFields = limits.webSocketHeadFields
        self.frameLimits = frameLimits
        let place = midstream ? Place.searching : Self.headPlace(frameLimits)
        client = End(
            place: place, assembler: WebSocketAssembler(limits: frameLimits), hasLostContext: midstream)
        server = client
    }

    /// What is to be told of a client that asked for SIP where its connection ends, or does not go on: nil for one that was
    /// answered, or may have been where octets of the server are missing.
    var refusalBySilence: WebSocketRefusal? {
        guard handshake.offersSIP, !isOpen, case .head = server.place else { return nil }
        return handshake.refusalBySilence
    }

    /// Objects that hold a window.
    var inflaters: Int { (client.inflater == nil ? 0 : 1) + (server.inflater == nil ? 0 : 1) }

    private subscript(fromClient: Bool) -> End {
        get { fromClient ? client : server }
        _modify { if fromClient { yield &client } else { yield &server } }
    }

    /// Takes an end's next octets.
    /// - Parameter mayInflate: whether there is room for one more window.
    mutating func receive(_ octets: RawSpan, fromClient: Bool, mayInflate: Bool) -> [Output] {
        outputs.removeAll()
        take(octets, fromClient, mayInflate)
        return outputs
    }

    /// Octets of an end were never seen: so many, or nobody knows.
    mutating func lose(_ count: Int?, fromClient: Bool) {
        switch self[fromClient].place {
        case .closed, .refused: return
        case .head, .frames, .searching: self[fromClient].isWhole = false
        }
        if case .frames(var decoder) = self[fromClient].place, let count, decoder.lose(count) {
            self[fromClient].place = .frames(decoder)
        } else {
            self[fromClient].place = .searching
        }
        self[fromClient].assembler.lose()
        loseContext(fromClient)
    }

    private mutating func loseContext(_ fromClient: Bool) {
        self[fromClient].inflater = nil
        self[fromClient].hasLostContext = true
    }

    private mutating func take(_ octets: RawSpan, _ fromClient: Bool, _ mayInflate: Bool) {
        guard octets.byteCount > 0 else { return }
        switch self[fromClient].place {
        case .head where fromClient && isFramed(false) && !Self.beginsRequest(octets):
            // The server has granted what was asked for before the capture began.
            client.place = .frames(decoder(true, allowsCompressed: true))
            take(octets, true, mayInflate)
        case .head(var reader):
            do throws(ParseError) {
                let (taken, head) = try reader.receive(octets, skipsInterim: !fromClient)
                self[fromClient].place = .head(reader)
                guard let head else { return }
                guard fromClient ? ask(head) : answer(head) else { return outputs.append(.notSIP) }
                take(octets.extracting(taken..<octets.byteCount), fromClient, mayInflate)
            } catch  where isOpen && !fromClient {
                // The client goes on as one that was granted: the 101 was not captured.
                server.place = .searching
                take(octets, fromClient, mayInflate)
            } catch {
                // What is longer than is read here is no fault of the server's.
                guard !fromClient, handshake.offersSIP, error.code != .limit else { return outputs.append(.notSIP) }
                refuse(handshake.refusalWithoutHTTP)
            }
        case .refused:
            guard fromClient, Self.beginsRequest(octets) else { return }
            (client.place, server.place) = (headPlace, headPlace)
            take(octets, fromClient, mayInflate)
        case .frames(var decoder):
            // What a client sends behind its request shows that it was granted, whether the answer was seen or not.
            if fromClient, !isOpaque { open() }
            decoder.receive(octets)
            self[fromClient].place = .frames(decoder)
            drain(fromClient, mayInflate)
        case .searching:
            let found = WebSocketSight.frames(in: octets, limits: frameLimits)
            guard let found, found.fromClient == fromClient, isOpen || found.showSIP else {
                return outputs.append(.unread(.frames))
            }
            open()
            self[fromClient].place = .frames(decoder(fromClient, allowsCompressed: true))
            take(octets, fromClient, mayInflate)
        case .closed: break
        }
    }

    private static func beginsRequest(_ octets: RawSpan) -> Bool {
        octets.byteCount >= 4 && octets.equals("GET ", in: 0..<4)
    }

    private mutating func open() {
        if !isOpen { outputs.append(.opened) }
        isOpen = true
    }

    private func decoder(_ fromClient: Bool, allowsCompressed: Bool) -> WebSocketFrameDecoder {
        WebSocketFrameDecoder(
            masking: .noted(isClient: fromClient), limits: frameLimits, allowsCompressed: allowsCompressed)
    }

    private var headPlace: Place { Self.headPlace(frameLimits) }

    private static func headPlace(_ limits: WebSocketLimits) -> Place {
        .head(HTTPHeadReader(limits: limits, unfolds: true))
    }

    // MARK: Handshake

    /// Whether a client's head asks for SIP over WebSocket, or may.
    private mutating func ask(_ head: HTTPHead) -> Bool {
        switch handshake.ask(head) {
        case .other: return false
        case .sip: outputs.append(.requested)
        case .opaque: isOpaque = true
        }
        hasOtherExtensions = handshake.offersOtherExtensions
        client.isWhole = true
        client.place = .frames(decoder(true, allowsCompressed: MessageCompression.isOffered(in: head)))
        return true
    }

    /// Whether a server's head grants it, or refuses it.
    private mutating func answer(_ head: HTTPHead) -> Bool {
        switch handshake.answer(head) {
        case .other: return false
        case .refused(let refusal): refuse(refusal)
        case .granted(let grant):
            isOpaque = grant.isOpaque
            client.keepsContext = grant.compression?.clientKeepsContext ?? true
            server.keepsContext = grant.compression?.serverKeepsContext ?? true
            hasOtherExtensions = grant.hasOtherExtensions
            server.isWhole = true
            server.place = .frames(decoder(false, allowsCompressed: grant.compression != nil))
            if case .frames(let decoder) = client.place, decoder.isBetweenFrames {
                // What was offered is settled now.
                client.place = .frames(self.decoder(true, allowsCompressed: grant.compression != nil))
            }
            guard !isOpaque else { return true }
            open()
            if handshake.isSeen {
                outputs.append(.handshake(offersSIP: handshake.offersSIP, grantsSIP: grant.namesSIP))
            }
            if let refusal = grant.refusal { outputs.append(.refused(refusal)) }
        }
        return true
    }

    private mutating func refuse(_ refusal: WebSocketRefusal) {
        (client.place, server.place) = (.refused, .refused)
        outputs.append(.refused(refusal))
    }

    // MARK: Frames

    private mutating func drain(_ fromClient: Bool, _ mayInflate: Bool) {
        if case .frames(var decoder) = self[fromClient].place, let fault = decoder.takeMaskingFault() {
            self[fromClient].place = .frames(decoder)
            tell(fault, fromClient)
        }
        while case .frames(var decoder) = self[fromClient].place, let result = decoder.next() {
            self[fromClient].place = .frames(decoder)
            do throws(WebSocketFault) {
                guard let item = try self[fromClient].assembler.add(try result.get()) else { continue }
                take(item, fromClient, mayInflate)
            } catch {
                tell(error, fromClient)
                outputs.append(.unread(.frames))
                lose(nil, fromClient: fromClient)
            }
        }
    }

    /// A fault counts where each octet of the end was seen, and nothing else gives it a meaning.
    private mutating func tell(_ fault: WebSocketFault, _ fromClient: Bool) {
        guard self[fromClient].isWhole, !fault.isOwnLimit, !(fault.isReserved && hasOtherExtensions) else { return }
        outputs.append(.fault(fault))
    }

    private mutating func take(_ item: WebSocketAssembler.Item, _ fromClient: Bool, _ mayInflate: Bool) {
        switch item {
        case .message(let octets, _): put(.message(octets))
        case .compressed(let octets, _): put(inflate(octets, fromClient, mayInflate))
        case .ping(let payload):
            self[fromClient].pings.add(payload)
            outputs.append(.control(.ping))
        case .pong(let payload): takePong(payload, fromClient)
        case .close(let close):
            outputs.append(.control(.close(close.code)))
            self[fromClient].place = .closed
            self[fromClient].inflater = nil
        }
    }

    /// One Pong may answer all Pings before it (RFC 6455 §5.5.3), and says by its payload which is the last of them.
    private mutating func takePong(_ payload: [UInt8], _ fromClient: Bool) {
        // Where the other end was never seen, nothing is known of its Pings.
        guard self[!fromClient].pings.wereSeen || isFramed(!fromClient) else { return outputs.append(.control(.pong)) }
        let answered = self[!fromClient].pings.settle(payload)
        guard answered > 0 else { return outputs.append(.foreignPong(payload.count)) }
        for _ in 0..<answered { outputs.append(.control(.pong)) }
    }

    private func isFramed(_ fromClient: Bool) -> Bool {
        if case .frames = self[fromClient].place { return true }
        return false
    }

    private mutating func put(_ output: Output) {
        if isOpaque, case .message(let octets) = output {
            isOpaque = false
            guard unsafe PayloadClassifier.beginsSIP(octets.span.bytes, isCut: false) else {
                return outputs.append(.notSIP)
            }
            open()
            if handshake.isSeen {
                outputs.append(.handshake(offersSIP: handshake.offersSIP, grantsSIP: false))
            }
        }
        outputs.append(output)
    }

    private mutating func inflate(_ message: [UInt8], _ fromClient: Bool, _ mayInflate: Bool) -> Output {
        let keeps = self[fromClient].keepsContext
        if keeps, self[fromClient].hasLostContext { return .unread(.compressed) }
        guard let inflater = self[fromClient].inflater ?? (mayInflate ? RawInflater() : nil) else {
            loseContext(fromClient)
            return .unread(.compressed)
        }
        switch inflater.inflate(message, limit: limits.inflatedOctets) {
        case .whole(let octets):
            if keeps { self[fromClient].inflater = inflater }
            return .message(octets)
        case .tooBig, .damaged:
            loseContext(fromClient)
            return .unread(.inflation)
        }
    }
}

/// The Pings of one end that no Pong has answered.
private struct OpenPings {
    /// Kept; of more, the oldest are forgotten.
    private static let maximum = 256

    private var hashes: [Int] = []
    /// Whether there ever was one.
    private(set) var wereSeen = false

    mutating func add(_ payload: [UInt8]) {
        wereSeen = true
        if hashes.count == Self.maximum { hashes.removeFirst() }
        hashes.append(payload.hashValue)
    }

    /// Takes out the last Ping with that payload, and those before it.
    /// - Returns: how many those are.
    mutating func settle(_ payload: [UInt8]) -> Int {
        guard let last = hashes.lastIndex(of: payload.hashValue) else { return 0 }
        hashes.removeSubrange(...last)
        return last + 1
    }
}
