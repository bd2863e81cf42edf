/// The REGISTERs of a fleet, from pieces that are made once: only user, address, branch, tag, Call-ID, CSeq, instance and
/// expiry differ. The same fields in the same order as `RegisterRequest` writes them.
struct FleetRequests: Sendable {
    private let settings: FleetSettings
    /// Different in each run: Call-IDs, tags and branches begin with it.
    private let run: [UInt8]
    private let startLineToVia: [UInt8]
    private let viaToFrom: [UInt8]
    private let userToTag: [UInt8]
    private let toField: [UInt8]
    private let middle: [UInt8]
    private let contactEnd: [UInt8]
    private let regID: [UInt8]
    private let viaParameters = Array(";rport;branch=".utf8)
    private let magic = Array("z9hG4bK".utf8)
    private let tag = Array(";tag=".utf8)
    private let callID = Array("\r\nCall-ID: ".utf8)
    private let cseqField = Array("\r\nCSeq: ".utf8)
    private let expiresParameter = Array("\";expires=".utf8)
    private let end: [UInt8]
    /// One user for all flows, or the pieces around the numbers.
    private let userPieces: [[UInt8]]
    private let userWidth: Int

    init(_ settings: FleetSettings, run: UInt64) {
        self.settings = settings
        var octets: [UInt8] = []
        octets.appendBig64(run)
        self.run = Array(Hex.encode(octets).utf8)
        let transport = settings.transport.description
        startLineToVia = Array(
            "REGISTER \(settings.registrar) SIP/2.0\r\nVia: SIP/2.0/\(transport.uppercased()) ".utf8)
        let route = settings.route.map { "Route: <\($0)>\r\n" } ?? ""
        viaToFrom = Array("\r\nMax-Forwards: 70\r\n\(route)From: <\(settings.addressOfRecord.scheme):".utf8)
        toField = Array("\r\nTo: <\(settings.addressOfRecord.scheme):".utf8)
        var domain = settings.addressOfRecord
        domain.user = nil
        userToTag = Array("@\(domain.description.split(separator: ":", maxSplits: 1).last ?? "")>".utf8)
        let contact = RegistrationSettings.contactURI(
            of: domain, host: "h", port: nil, over: settings.transport)
        middle = Array(
            " REGISTER\r\nSupported: path, outbound, gruu\r\nContact: <\(settings.addressOfRecord.scheme):".utf8)
        // What follows the host.
        let parameters = contact.parameters.map { ";\($0)" }.joined()
        contactEnd = Array("\(parameters)>;reg-id=".utf8)
        regID = Array("\(settings.regID);+sip.instance=\"".utf8)
        end = Array("User-Agent: \(settings.userAgent)\r\nContent-Length: 0\r\n\r\n".utf8)
        let user = settings.addressOfRecord.user ?? ""
        userPieces = user.split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) }
        userWidth = max(4, String(settings.count).utf8.count)
    }

    /// The instance-id of a flow as `<urn:uuid:…>`: a name-based UUID (RFC 9562 §5.5) under the fleet's URN.
    /// - Throws: when the host's libcrypto has no SHA-1.
    func instance(_ index: Int) throws(CryptoError) -> [UInt8] {
        var hash = try MessageDigest.sha1.hash(Array("\(settings.instance) flow \(index + 1)".utf8))
        hash[6] = hash[6] & 0x0F | 0x50
        hash[8] = hash[8] & 0x3F | 0x80
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { Hex.encode(hash[$0]) }
        return Array("<urn:uuid:\(groups.joined(separator: "-"))>".utf8)
    }

    /// What our end of a WebSocket is called: a name that nobody can look up (RFC 7118 §5.2).
    func invalidName(_ index: Int) -> [UInt8] {
        var octets: [UInt8] = []
        appendName(index, to: &octets)
        octets.append(text: ".invalid")
        return octets
    }

    /// One request.
    /// - Parameter local: the near end as it stands in Via and Contact.
    func bytes(
        _ index: Int, local: [UInt8], instance: [UInt8], cseq: UInt32, expiresSeconds: UInt32,
        credentials: [DigestAuthenticator.Field]
    ) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(768)
        octets.append(contentsOf: startLineToVia)
        octets.append(contentsOf: local)
        octets.append(contentsOf: viaParameters)
        appendBranch(index, cseq, to: &octets)
        octets.append(contentsOf: viaToFrom)
        appendUser(index, to: &octets)
        octets.append(contentsOf: userToTag)
        octets.append(contentsOf: tag)
        appendName(index, to: &octets)
        octets.append(contentsOf: toField)
        appendUser(index, to: &octets)
        octets.append(contentsOf: userToTag)
        octets.append(contentsOf: callID)
        appendName(index, to: &octets)
        octets.append(contentsOf: cseqField)
        octets.appendDecimal(UInt64(cseq))
        octets.append(contentsOf: middle)
        appendUser(index, to: &octets)
        octets.append(ASCII.at)
        octets.append(contentsOf: local)
        octets.append(contentsOf: contactEnd)
        octets.append(contentsOf: regID)
        octets.append(contentsOf: instance)
        octets.append(contentsOf: expiresParameter)
        octets.appendDecimal(UInt64(expiresSeconds))
        octets.append(ASCII.cr)
        octets.append(ASCII.lf)
        for field in credentials { octets.append(text: "\(field.name): \(field.value)\r\n") }
        octets.append(contentsOf: end)
        return octets
    }

    /// The branch of a request, unique over all runs (RFC 3261 §8.1.1.7).
    func branch(_ index: Int, _ cseq: UInt32) -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(64)
        appendBranch(index, cseq, to: &octets)
        return octets
    }

    private func appendBranch(_ index: Int, _ cseq: UInt32, to octets: inout [UInt8]) {
        octets.append(contentsOf: magic)
        appendName(index, to: &octets)
        octets.append(ASCII.minus)
        octets.appendDecimal(UInt64(cseq))
    }

    /// What tells this flow from all others, of this run and of other runs.
    private func appendName(_ index: Int, to octets: inout [UInt8]) {
        octets.append(contentsOf: run)
        octets.append(ASCII.minus)
        octets.appendDecimal(UInt64(index + 1))
    }

    private func appendUser(_ index: Int, to octets: inout [UInt8]) {
        for (place, piece) in userPieces.enumerated() {
            if place > 0 { octets.appendDecimal(UInt64(index + 1), width: userWidth) }
            octets.append(contentsOf: piece)
        }
    }
}

extension [UInt8] {
    /// Decimal digits without a String between, zeros in front up to `width`.
    fileprivate mutating func appendDecimal(_ value: UInt64, width: Int = 1) {
        var divisor: UInt64 = 1
        var count = 1
        while count < width || value / divisor >= 10 {
            divisor &*= 10
            count += 1
        }
        while divisor > 0 {
            append(ASCII.zero &+ UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}
