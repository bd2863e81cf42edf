/// The moments of one flow as a list of objects.
enum TimelineJSON {
    static func timeline(_ json: inout JSONWriter, _ timeline: FlowTimeline) {
        json.key("timeline")
        json.beginArray()
        for moment in timeline.sorted {
            json.beginObject()
            json.member("time", Timestamp(nanoseconds: moment.time).description)
            json.member("frame", moment.frame > 0 ? moment.frame : nil)
            json.member("what", moment.kind.name)
            switch moment.kind {
            case .clientMessage, .serverMessage:
                json.member("status", moment.value > 0 ? UInt64(moment.value) : nil)
                json.member("method", moment.method)
            case .crlfDatagram:
                json.member("octets", UInt64(moment.value))
            case .register, .pong, .latePong, .mappedChange, .gap, .icmpError, .closedByClient, .closedByServer,
                .resetByClient, .resetByServer, .connectionRefused:
                break
            case .handshakeRefused: json.member("status", moment.value > 0 ? UInt64(moment.value) : nil)
            case .frameFault: json.member("from", moment.value == 1 ? "client" : "server")
            case .registered:
                json.member("status", UInt64(moment.value))
                json.member("due_s", seconds: due(moment))
            case .refused, .unregistered:
                json.member("status", UInt64(moment.value))
            case .ping, .latePing:
                json.member("after_s", seconds: moment.value > 0 ? Int64(moment.value) * 1_000_000 : nil)
                json.member("due_s", seconds: due(moment))
            case .failed:
                json.member("why", moment.failure?.words)
            }
            json.endObject()
        }
        json.endArray()
    }

    /// The longest wait for the next keep-alive; nil where none was owed.
    private static func due(_ moment: FlowMoment) -> Int64? {
        moment.limit > 0 ? Int64(moment.limit) * 1_000_000 : nil
    }
}

extension FlowMoment.Kind {
    /// The name in JSON.
    var name: String {
        switch self {
        case .register: "register"
        case .registered: "registered"
        case .unregistered: "unregistered"
        case .refused: "refused"
        case .ping: "ping"
        case .latePing: "late-ping"
        case .pong: "pong"
        case .latePong: "late-pong"
        case .crlfDatagram: "crlf-datagram"
        case .clientMessage: "client-message"
        case .serverMessage: "server-message"
        case .mappedChange: "mapped-change"
        case .failed: "failed"
        case .gap: "gap"
        case .icmpError: "icmp-error"
        case .closedByClient: "client-fin"
        case .closedByServer: "server-fin"
        case .resetByClient: "client-rst"
        case .resetByServer: "server-rst"
        case .connectionRefused: "connection-refused"
        case .handshakeRefused: "handshake-refused"
        case .frameFault: "frame-fault"
        }
    }
}
