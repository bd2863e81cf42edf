/// Lines on whole fleets: an object a fact, all with one key, so that one shard and no other reports them.
enum FleetLines {
    static let key = "fleet"
    static let outage = "edge-outage"
    static let rhythm = "edge-rhythm"
    static let dropped = "fleet-dropped"

    // MARK: Writing

    static func write(_ fleet: FleetFacts, at time: Timestamp, _ json: inout JSONWriter) {
        for fact in fleet.outages {
            head(outage, Timestamp(nanoseconds: fact.start), fact.edge, &json)
            json.member("end_ns", fact.end)
            members(fact, &json)
            if let address = fact.onlyAddress { json.member("only_address", address.description) }
            json.member("watched_ns", fact.watched)
            json.member("peak_ns", fact.peakAt)
            json.member("half_ns", fact.half)
            json.member("mostly_ns", fact.mostly)
            json.endObject()
            json.newline()
        }
        for fact in fleet.rhythms {
            head(rhythm, Timestamp(nanoseconds: fact.lastAt), fact.edge, &json)
            json.member("kind", fact.kind.rawValue)
            json.member("period_ns", fact.period)
            json.member("window_ns", fact.window)
            json.member("flows", fact.flows)
            json.member("together", fact.together)
            agents(fact, &json)
            json.endObject()
            json.newline()
        }
        guard fleet.dropped > 0 else { return }
        json.beginObject()
        json.member("key", key)
        json.member("time_ns", time.nanoseconds)
        json.member("event", dropped)
        json.member("count", fleet.dropped)
        json.endObject()
        json.newline()
    }

    private static func head(_ event: String, _ time: Timestamp, _ edge: FleetEdge, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("key", key)
        json.member("time_ns", time.nanoseconds)
        json.member("event", event)
        json.member("transport", edge.transport.description)
        json.member("server", edge.address.description)
    }

    /// The members whose values are plain counts.
    private static let counts: [(name: String, path: WritableKeyPath<EdgeOutage, Int> & Sendable)] = [
        ("alive", \.alive), ("fin", \.lost.fin), ("rst", \.lost.rst), ("icmp", \.lost.icmp), ("silent", \.lost.silent),
        ("returned", \.returned), ("attempts", \.attempts), ("peak", \.peak), ("densest", \.densest),
    ]

    private static func members(_ fact: EdgeOutage, _ json: inout JSONWriter) {
        for (name, path) in counts { json.member(name, fact[keyPath: path]) }
    }

    private static func agents(_ fact: EdgeRhythm, _ json: inout JSONWriter) {
        json.key("agents")
        json.beginArray()
        for agent in fact.agents {
            json.beginObject()
            json.member("name", agent.name)
            json.member("flows", agent.flows)
            json.endObject()
        }
        json.endArray()
    }

    // MARK: Reading

    /// The one fact of a line; nil for a line on something else.
    static func read(_ word: String, _ time: Timestamp, _ json: JSONValue) throws(ParseError) -> FleetFacts? {
        guard [outage, rhythm, dropped].contains(word) else { return nil }
        guard abs(time.nanoseconds / 2) < maximum else { throw missing }
        var fleet = FleetFacts()
        switch word {
        case outage: fleet.outages = [try readOutage(time, json)]
        case rhythm: fleet.rhythms = [try readRhythm(time, json)]
        default: fleet.dropped = try count(json, "count")
        }
        return fleet
    }

    private static func readOutage(_ time: Timestamp, _ json: JSONValue) throws(ParseError) -> EdgeOutage {
        var fact = EdgeOutage(edge: try edge(json), start: time.nanoseconds, end: try number(json, "end_ns"))
        for (name, path) in counts { fact[keyPath: path] = try count(json, name) }
        fact.onlyAddress = json["only_address"]?.string.flatMap { IPAddress($0) }
        fact.watched = try number(json, "watched_ns")
        fact.peakAt = try number(json, "peak_ns")
        fact.half = try number(json, "half_ns")
        fact.mostly = try number(json, "mostly_ns")
        return fact
    }

    private static func readRhythm(_ time: Timestamp, _ json: JSONValue) throws(ParseError) -> EdgeRhythm {
        guard let kind = json["kind"]?.string.flatMap(EdgeRhythm.Kind.init) else { throw missing }
        let period = try number(json, "period_ns")
        guard period > 0 else { throw missing }
        var fact = EdgeRhythm(edge: try edge(json), kind: kind, period: period)
        fact.window = try number(json, "window_ns")
        fact.flows = try count(json, "flows")
        fact.together = try count(json, "together")
        fact.lastAt = time.nanoseconds
        for agent in json["agents"]?.array ?? [] {
            guard let name = agent["name"]?.string else { throw missing }
            fact.agents.append(EdgeRhythm.Agent(name: name, flows: try count(agent, "flows")))
        }
        return fact
    }

    private static func edge(_ json: JSONValue) throws(ParseError) -> FleetEdge {
        guard let transport = json["transport"]?.string.flatMap({ TransportProtocol($0) }),
            let address = json["server"]?.string.flatMap({ TransportAddress($0) })
        else { throw missing }
        return FleetEdge(transport, address)
    }

    /// Far enough from the ends of 64 bits to compute with: 73 years in nanoseconds on either side of 1970, twice.
    private static let maximum: Int64 = 1 << 61

    private static func number(_ json: JSONValue, _ name: String) throws(ParseError) -> Int64 {
        guard let value = json[name]?.integer, abs(value / 2) < maximum else { throw missing }
        return value
    }

    private static func count(_ json: JSONValue, _ name: String) throws(ParseError) -> Int {
        guard let value = json[name]?.integer, value >= 0, value <= UInt32.max else { throw missing }
        return Int(value)
    }

    private static var missing: ParseError { ParseError(.missing, at: 0, in: "fleet") }
}
