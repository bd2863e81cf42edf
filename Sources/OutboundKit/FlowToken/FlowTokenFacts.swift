/// What is known of each format, for the list that people choose and judge by.
public struct FlowTokenFacts: Sendable {
    public let format: FlowTokenFormat
    public let issuer: String
    public let text: String
    public let carries: String
    public let code: String
    /// 1 the strongest, 8 the weakest.
    public let rank: Int
    public let worth: String
    /// Whether a token can be made offline.
    public let canEncode: Bool
    /// What checks a token offline; nil when nothing does.
    public let checkedWith: String?

    private init(
        _ format: FlowTokenFormat, _ issuer: String, text: String, carries: String, code: String, rank: Int,
        worth: String, encode: Bool, checkedWith: String?
    ) {
        self.format = format
        self.issuer = issuer
        self.text = text
        self.carries = carries
        self.code = code
        self.rank = rank
        self.worth = worth
        canEncode = encode
        self.checkedWith = checkedWith
    }

    public static let table: [FlowTokenFacts] = [
        .init(
            .kamailio, "Kamailio outbound", text: "base64, 32 or 64 characters", carries: "transport, local, remote",
            code: "HMAC-SHA1, last 10 octets, in front", rank: 2,
            worth: "80-bit code; 5.6.0-5.6.6, 5.7.0-5.7.6, 5.8.0-5.8.5 with a secret set use a public key (rank 7)",
            encode: true, checkedWith: "secret or key"),
        .init(
            .flexisip, "Flexisip 2.4+", text: "base64, 32 or 64 characters", carries: "transport, local, remote",
            code: "HMAC-SHA1, first 10 octets, in front", rank: 4, worth: "80-bit code, as strong as the key file",
            encode: true, checkedWith: "key file"),
        .init(
            .rfc5626, "RFC 5626 §5.2 example", text: "base64", carries: "opaque octets",
            code: "HMAC-SHA1, first 10 octets, in front", rank: 2, worth: "80-bit code, layout left open",
            encode: true, checkedWith: "key"),
        .init(
            .resiprocate, "reSIProcate, repro", text: "base64 of 12 to 64 octets",
            carries: "flow key, transport, remote", code: "MD5(body, salt) in hex, behind", rank: 3,
            worth: "digest with the salt behind instead of HMAC; without a salt, none", encode: true,
            checkedWith: "salt"),
        .init(
            .oversipUDP, "OverSIP over UDP", text: "_ and base64, = written -", carries: "remote", code: "none",
            rank: 8, worth: "anyone makes the proxy send to any address", encode: true, checkedWith: nil),
        .init(
            .oversipConnection, "OverSIP over connections", text: "10 lower-case hex digits", carries: "handle",
            code: "none", rank: 4, worth: "40 random bits, live connections only", encode: false, checkedWith: nil),
        .init(
            .bono, "Clearwater bono", text: "10 base64 characters", carries: "handle", code: "none", rank: 5,
            worth: "drawn with C rand(), which can be predicted", encode: false, checkedWith: nil),
        .init(
            .restcomm, "Mobicents, RestComm, Telestax", text: "base64 of code/text",
            carries: "transport, local, remote", code: "HMAC-SHA1 through a Java String, in front", rank: 3,
            worth: "code loses bits in the text; 7.5 % of flows cannot be read back", encode: true,
            checkedWith: "key, any of 3 charsets"),
        .init(
            .liberty, "IBM WebSphere, Open Liberty", text: "base64 of 22 to 82 octets",
            carries: "transport, remote, local, proxy", code: "HMAC-SHA1, length in the token", rank: 6,
            worth: "a forger chooses the code's length: anything but 20 is weak", encode: true, checkedWith: "key"),
        .init(
            .nodeSIP, "sip for Node.js", text: "base64url, unpadded", carries: "transport, remote, local",
            code: "HMAC-SHA1, 160 bits, in front", rank: 2, worth: "160-bit code, random key", encode: true,
            checkedWith: "key"),
        .init(
            .nksip, "NkSIP", text: "NkF and two numbers", carries: "process number", code: "none", rank: 8,
            worth: "counting numbers: anybody's connection can be named", encode: false, checkedWith: nil),
        .init(
            .kamailioGo, "kamailio-go", text: "base64url, padded", carries: "proxy address, connection", code: "none",
            rank: 8, worth: "no code", encode: false, checkedWith: nil),
        .init(
            .siphon, "siphon-sip codec", text: "lower-case hex", carries: "remote, transport", code: "none", rank: 8,
            worth: "no code", encode: true, checkedWith: nil),
        .init(
            .sipplane, "sipplane", text: "22 base64url characters", carries: "nothing but the code",
            code: "HMAC-SHA256, first 16 octets", rank: 1, worth: "128-bit code, shows no address", encode: true,
            checkedWith: "secret and the flow"),
    ]

    public static func of(_ format: FlowTokenFormat) -> FlowTokenFacts? { table.first { $0.format == format } }
}
