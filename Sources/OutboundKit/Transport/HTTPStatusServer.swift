import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// What a page of a status server says.
public struct HTTPAnswer: Sendable {
    public let status: UInt16
    /// Content-Type.
    public let type: String
    public let body: [UInt8]

    public init(status: UInt16 = 200, type: String, body: [UInt8]) {
        self.status = status
        self.type = type
        self.body = body
    }
}

/// A small HTTP/1.1 server for a status page and metrics: GET and HEAD of a few fixed paths, one request a connection.
///
/// Every connection is bounded in octets and in time, and their number is bounded, so that nobody who reaches the port
/// can hold more than a little memory for a few seconds. Whoever comes when the house is full takes the place of the one
/// that has been silent the longest: clients that ask are served, however many only connect. It knows no secrets and changes nothing; still it listens
/// where it is told to, which for status is loopback unless the operator says otherwise.
public final class HTTPStatusServer: Sendable {
    public struct Limits: Sendable {
        /// Connections at one time. For one more the oldest that has asked for nothing yet is closed, or, where all have
        /// asked, the new one.
        public var connections = 32
        /// Octets of a request: its line and header fields.
        public var requestOctets = 16_384
        /// How long a connection may last, whatever it does.
        public var patience: Duration = .seconds(10)

        public init() {}
    }

    /// Makes the page anew for each request.
    public typealias Page = @Sendable () async -> HTTPAnswer

    /// Where it listens: the host's choice for port 0.
    public let address: TransportAddress
    private let channel: any Channel

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - address: its port may be 0.
    ///   - pages: by path, such as `/metrics`. Other paths are 404, methods other than GET and HEAD 405.
    ///   - group: whose event loops serve it.
    /// - Throws: `TransportError` when the address cannot be used.
    public init(
        _ address: TransportAddress, pages: [String: Page], limits: Limits = Limits(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(TransportError) {
        let census = HTTPCensus(limit: limits.connections)
        let isLoopback = address.ip.isLoopback
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { channel in
                guard census.enter(channel) else { return channel.close() }
                channel.closeFuture.whenComplete { _ in census.leave(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(HTTPRequestBound(limits))
                    // Pipelined requests are not served, so their order needs no care.
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false, withErrorHandling: false)
                    try pipeline.addHandler(HTTPPageHandler(pages, census, refusesNames: isLoopback))
                }
            }
        do {
            channel = try await bootstrap.bind(host: "\(address.ip)", port: Int(address.port)).get()
        } catch {
            let number = (error as? IOError)?.errnoCode ?? 0
            throw TransportError(.bind, .tcp, address, errno: number, detail: number == 0 ? "\(error)" : nil)
        }
        let port = channel.localAddress?.port.map { UInt16(truncatingIfNeeded: $0) } ?? address.port
        self.address = TransportAddress(ip: address.ip, port: port)
    }

    /// Stops listening. Connections at work end by themselves within `Limits.patience`.
    public func stop() async {
        // It fails only when it is closed already.
        try? await channel.close()
    }
}

/// Knows the connections of one server, on whatever loops they live.
private final class HTTPCensus: Sendable {
    private struct State {
        var present: [ObjectIdentifier: any Channel] = [:]
        /// Those that have asked for nothing yet, the oldest first.
        var silent: [ObjectIdentifier] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// False when the house is full of clients that are being served.
    func enter(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let (isIn, displaced) = state.withLock { state -> (Bool, (any Channel)?) in
            var displaced: (any Channel)?
            if state.present.count >= limit {
                guard !state.silent.isEmpty else { return (false, nil) }
                displaced = state.present.removeValue(forKey: state.silent.removeFirst())
            }
            state.present[id] = channel
            state.silent.append(id)
            return (true, displaced)
        }
        displaced?.close(promise: nil)
        return isIn
    }

    /// Its request has come.
    func hasAsked(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        state.withLock { $0.silent.removeAll { $0 == id } }
    }

    func leave(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        state.withLock { state in
            state.present[id] = nil
            state.silent.removeAll { $0 == id }
        }
    }
}

/// Stands before the HTTP decoder: closes who sends too much or takes too long, in either direction.
private final class HTTPRequestBound: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limits: HTTPStatusServer.Limits
    private var octets = 0
    private var clock: Scheduled<Void>?

    init(_ limits: HTTPStatusServer.Limits) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        clock = context.eventLoop.scheduleTask(in: .nanoseconds(limits.patience.inNanoseconds)) {
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { clock?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        octets += unwrapInboundIn(data).readableBytes
        guard octets <= limits.requestOctets else {
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
    }
}

/// Answers one request, then closes.
private final class HTTPPageHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let pages: [String: HTTPStatusServer.Page]
    private let census: HTTPCensus
    private let refusesNames: Bool
    private var isAnswered = false

    /// - Parameter refusesNames: on loopback. A web page from elsewhere whose name was pointed at 127.0.0.1 would
    ///   else read the status through the operator's own browser (DNS rebinding).
    init(_ pages: [String: HTTPStatusServer.Page], _ census: HTTPCensus, refusesNames: Bool) {
        self.pages = pages
        self.census = census
        self.refusesNames = refusesNames
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data), !isAnswered else { return }
        isAnswered = true
        census.hasAsked(context.channel)
        let isHead = head.method == .HEAD
        guard isHead || head.method == .GET else {
            answer(context, Self.plain(405, "Only GET and HEAD."), headers: [("Allow", "GET, HEAD")])
            return
        }
        if refusesNames, let host = head.headers.first(name: "Host"), !Self.isLocal(host) {
            answer(context, Self.plain(421, "This server is asked by its address."), withoutBody: isHead)
            return
        }
        let path = head.uri.prefix { $0 != "?" && $0 != "#" }
        guard let page = pages[String(path)] else {
            let known = pages.keys.sorted().joined(separator: " ")
            answer(context, Self.plain(404, "There is no such page; there are \(known)"), withoutBody: isHead)
            return
        }
        // The page may have to ask another loop; the answer comes back to this one.
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        let made = loop.makeFutureWithTask { await page() }
        made.whenSuccess { result in
            let (handler, context) = bound.value
            handler.answer(context, result, withoutBody: isHead)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isAnswered, error is HTTPParserError else {
            context.close(promise: nil)
            return
        }
        isAnswered = true
        answer(context, Self.plain(400, "That was no HTTP request."))
    }

    private func answer(
        _ context: ChannelHandlerContext, _ answer: HTTPAnswer, headers more: [(String, String)] = [],
        withoutBody: Bool = false
    ) {
        guard context.channel.isActive else { return }
        var headers = HTTPHeaders([
            ("Content-Type", answer.type), ("Content-Length", "\(answer.body.count)"), ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"), ("Connection", "close"),
        ])
        for (name, value) in more { headers.add(name: name, value: value) }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: Int(answer.status)), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !withoutBody {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    private static func plain(_ status: UInt16, _ text: String) -> HTTPAnswer {
        HTTPAnswer(status: status, type: "text/plain; charset=utf-8", body: Array((text + "\n").utf8))
    }

    /// `localhost` or an IP address, with or without a port.
    static func isLocal(_ host: String) -> Bool {
        var name = Substring(host)
        if name.first == "[" {
            guard let close = name.firstIndex(of: "]") else { return false }
            return IPAddress(String(name[name.index(after: name.startIndex)..<close])) != nil
        }
        if let colon = name.lastIndex(of: ":") { name = name[..<colon] }
        return name.lowercased() == "localhost" || IPAddress(String(name)) != nil
    }
}
