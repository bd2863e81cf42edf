/// CRLF keep-alives as the server answers them (RFC 5626 §4.4.1, §5.4).
extension CaseCatalogue {
    static let keepAlive: [TestCase] = [pingBeforeRegister, pingSplit]

    static let pingBeforeRegister = TestCase(
        "keepalive.ping", "A double CRLF gets a single CRLF, registered or not", ["OB-KA-010", "OB-EP-018"],
        needs: [.stream], within: .seconds(12)
    ) { bed throws(CaseStop) in
        let phone = try await bed.open()
        await bed.send(phone, text: "\r\n\r\n")
        let sent = bed.now
        try await bed.wait(.milliseconds(10_500)) { !$0.station(phone).crlfs.isEmpty }
        guard let pong = bed.station(phone).crlfs.first else {
            return bed.fail(
                "OB-KA-010", "no pong came", saw: "nothing in 10.5 s", expected: "CRLF within 10 s", "DX-KA-01")
        }
        let delay = DecimalSeconds.text((pong - sent).inNanoseconds, places: 3)
        guard pong - sent <= .seconds(1) else {
            return bed.warn("OB-KA-010", "the pong came late", saw: "\(delay) s", expected: "at once")
        }
        bed.pass("OB-KA-010", "pong after \(delay) s")
    }

    static let pingSplit = TestCase(
        "keepalive.split-ping", "A ping split over two segments is answered", ["OB-KA-011"], needs: [.stream]
    ) { bed throws(CaseStop) in
        for split in [1, 2, 3] {
            let phone = try await bed.open()
            let ping = Array("\r\n\r\n".utf8)
            await bed.send(phone, octets: Array(ping[..<split]))
            try await bed.wait(.milliseconds(200))
            let early = bed.station(phone).crlfs.count
            await bed.send(phone, octets: Array(ping[split...]))
            try await bed.wait(.seconds(1)) { !$0.station(phone).crlfs.isEmpty }
            try await bed.settle()
            let count = bed.station(phone).crlfs.count
            guard early == 0, count == 1 else {
                return bed.info(
                    "OB-KA-011", "a ping sent as \(split)+\(4 - split) octets is not answered as one",
                    saw: "\(early) pongs before the second piece, \(count) in all")
            }
        }
        bed.pass("OB-KA-011", "pings of 1+3, 2+2 and 3+1 octets got one pong each")
    }
}
