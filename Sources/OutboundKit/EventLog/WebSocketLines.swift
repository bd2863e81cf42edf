/// Lines on WebSockets of which something is wrong.
enum WebSocketLines {
    static let refused = "ws-refused"
    static let fault = "ws-fault"

    // MARK: Writing

    static func members(_ refusal: WebSocketRefusal, _ json: inout JSONWriter) {
        json.member("event", refused)
        json.member("path", refusal.path)
        if let origin = refusal.origin { json.member("origin", origin) }
        switch refusal.fault {
        case nil: json.member("answer", "none")
        case .notHTTP?: json.member("answer", "no-http")
        case .status(let code, let reason)?:
            json.member("answer", "status")
            json.member("status", code)
            json.member("phrase", reason)
        case .field(let name, let value)?:
            json.member("answer", "field")
            json.member("field", name)
            if let value { json.member("value", value) }
        case .subprotocol(let named)?:
            json.member("answer", "sub-protocol")
            if let named { json.member("value", named) }
        }
    }

    static func members(_ fault: WebSocketFault, _ json: inout JSONWriter) {
        json.member("event", Self.fault)
        json.member("status", fault.closeCode)
        json.member("words", fault.words)
    }

    // MARK: Reading

    static func refusal(_ json: JSONValue) throws(ParseError) -> WebSocketRefusal {
        guard let path = json["path"]?.string else { throw missing("path") }
        let value = json["value"]?.string
        let fault: WebSocketHandshake.ClientFault?
        switch json["answer"]?.string {
        case "none": fault = nil
        case "no-http": fault = .notHTTP(ParseError(.unexpected, at: 0, in: "status-line"))
        case "status":
            guard let code = json["status"]?.integer.flatMap({ UInt16(exactly: $0) }) else { throw missing("status") }
            fault = .status(code, json["phrase"]?.string ?? "")
        case "field":
            guard let name = json["field"]?.string else { throw missing("field") }
            fault = .field(name, value)
        case "sub-protocol": fault = .subprotocol(value)
        default: throw missing("answer")
        }
        return WebSocketRefusal(fault, path: path, origin: json["origin"]?.string)
    }

    static func fault(_ json: JSONValue) throws(ParseError) -> WebSocketFault {
        guard let code = json["status"]?.integer.flatMap({ UInt16(exactly: $0) }), let words = json["words"]?.string
        else { throw missing("status, words") }
        return WebSocketFault(code, words)
    }

    private static func missing(_ rule: StaticString) -> ParseError { ParseError(.missing, at: 0, in: rule) }
}
