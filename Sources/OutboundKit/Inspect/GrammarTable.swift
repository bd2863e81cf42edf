/// What the grammar has where a `ParseError` objects, by the rule that it names: the production in short, and where it stands.
enum GrammarTable {
    struct Row {
        let production: String
        let section: String
    }

    static func row(of error: ParseError) -> Row? {
        let rule = error.rule.description
        switch error.code {
        case .missing where mandatory.contains(rule):
            return Row(
                production: "Via, From, To, Call-ID and CSeq stand in every message",
                section: "RFC 3261 §8.1.1, §8.2.6.2")
        case .repeated where rule == "generic-param":
            return Row(production: "each parameter has a name of its own", section: "RFC 3261 §7.3.1")
        case .repeated where rule == "uri-parameter":
            return Row(production: "each parameter of a URI has a name of its own", section: "RFC 3261 §19.1.1")
        case .repeated: return Row(production: "\(rule) stands in a message once", section: "RFC 3261 §7.3.1, §20")
        case .missing where rule == "Max-Forwards":
            return Row(production: "Max-Forwards stands in every request", section: "RFC 3261 §8.1.1.6")
        default: return rows[rule].map { Row(production: $0.0, section: $0.1) }
        }
    }

    /// RFC 3261 §8.1.1. Max-Forwards is left out: RFC 2543 did not have it.
    static let mandatory: Set = ["Via", "From", "To", "Call-ID", "CSeq"]

    private static let rows: [String: (String, String)] = [
        "start-line": ("the start-line comes first; only on streams may CRLF stand before it", "RFC 3261 §7.5, §25.1"),
        "Method": ("Request-Line = Method SP Request-URI SP SIP-Version CRLF; Method = token", request),
        "Request-Line SP": ("Request-Line = Method SP Request-URI SP SIP-Version CRLF, one blank each", request),
        "Request-URI": (
            "Request-URI = SIP-URI / SIPS-URI / absoluteURI, without headers (?…)", "RFC 3261 §8.1.1.1, §25.1"
        ),
        "SIP-Version": ("SIP-Version = \"SIP/2.0\", and nothing behind it", request),
        "Status-Line SP": ("Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF", "RFC 3261 §7.2, §25.1"),
        "Status-Code": ("Status-Code = 3DIGIT, 100 to 699", "RFC 3261 §7.2, §25.1"),
        "CRLF": ("each line ends in CRLF", "RFC 3261 §7, §25.1"),
        "message-header": ("an empty line ends the header", "RFC 3261 §7, §25.1"),
        "HCOLON": ("message-header = field-name HCOLON field-value", header),
        "header-name": ("header-name = token; a line that begins with a blank goes on with the field above", header),
        "header-value": ("no NUL and no lone CR in a field's value", header),
        "control character": (
            "no control character in a field's value, but escaped in a quoted-string", "RFC 3261 §25.1"
        ),
        "c-p-expires": ("c-p-expires = \"expires\" EQUAL delta-seconds", "RFC 3261 §10.2.1.1, §25.1"),
        "option-tag": ("option-tag = token", "RFC 3261 §25.1"),
        "header fields": ("no limit; sipob reads 512 header fields", header),
        "header field octets": ("no limit; sipob reads 16,384 octets of a header field", header),
        "datagram octets": ("no limit; sipob reads 1,048,576 octets of a message", "RFC 3261 §18.1.1"),
        "via-parm": ("Via = via-parm *(COMMA via-parm), with a value at least", via),
        "via-parm LWS": ("via-parm = sent-protocol LWS sent-by *(SEMI via-params)", via),
        "protocol-name": ("sent-protocol = \"SIP\" / token, then \"/2.0/\" transport", via),
        "protocol-version": ("sent-protocol = SIP/2.0/transport", via),
        "SLASH": ("sent-protocol = SIP/2.0/transport", via),
        "transport": ("transport = UDP / TCP / TLS / SCTP / WS / WSS / token", via),
        "name-addr": ("name-addr = [display-name] <addr-spec>, with a value at least", nameAddr),
        "contact-param": ("Contact = STAR / contact-param *(COMMA contact-param), with a value at least", nameAddr),
        "Contact": ("Contact: * stands alone, in a REGISTER with Expires: 0", "RFC 3261 §10.2.2, §20.10"),
        "LAQUOT": ("a quoted display-name is followed by <addr-spec>", nameAddr),
        "RAQUOT": ("the addr-spec that < opens is closed by >", nameAddr),
        "addr-spec": ("a URI with a comma, question mark or semicolon of its own stands in < >", nameAddr),
        "generic-param": ("generic-param = token [EQUAL gen-value], each behind a semicolon", nameAddr),
        "gen-value": ("gen-value = token / host / quoted-string, and not empty", nameAddr),
        "tag": ("from-spec = ( name-addr / addr-spec ) *( SEMI from-param ), with a tag", "RFC 3261 §8.1.1.3"),
        "branch": ("via-params hold a branch, which begins with z9hG4bK", "RFC 3261 §8.1.1.7"),
        "display-name": ("display-name = *(token LWS) / quoted-string", nameAddr),
        "route-param": ("route-param = name-addr *( SEMI rr-param ), so with < >", "RFC 3261 §20.34, §25.1"),
        "COMMA": ("a list has no empty places, and no comma at its end", "RFC 3261 §7.3.1, §25.1"),
        "SEMI": ("each semicolon is followed by a parameter", "RFC 3261 §25.1"),
        "delta-seconds": ("c-p-expires = \"expires\" EQUAL delta-seconds", "RFC 3261 §25.1"),
        "qvalue": ("qvalue = ( \"0\" [ \".\" 0*3DIGIT ] ) / ( \"1\" [ \".\" 0*3(\"0\") ] )", "RFC 3261 §25.1"),
        "URI character": ("letters, digits, and - _ . ! ~ * ' ( ) ; / ? : @ & = + $ , [ ] or % HEXDIG HEXDIG", uri),
        "pvalue": ("pvalue = 1*paramchar, without = or @", uri),
        "quoted-string": ("a quoted-string is closed by a quotation mark", "RFC 3261 §25.1"),
        "scheme": ("scheme = ALPHA *(ALPHA / DIGIT / + / - / .), then a colon", uri),
        "SIP-URI": ("no blank, quotation mark, < or > stands unescaped in a URI", uri),
        "escaped": ("escaped = \"%\" HEXDIG HEXDIG", uri),
        "user": ("user = 1*(unreserved / escaped / user-unreserved) before the @", uri),
        "host": ("host = hostname / IPv4address / IPv6reference", uri),
        "hostport": ("hostport = host [\":\" port], then ;parameters and ?headers", uri),
        "port": ("port = 1*DIGIT, up to 65535", uri),
        "IPv6reference": ("IPv6reference = \"[\" IPv6address \"]\"", uri),
        "IPv6address": ("IPv6reference = \"[\" IPv6address \"]\"", uri),
        "CSeq": ("CSeq = 1*DIGIT LWS Method, below 2**31, with the method of the request", "RFC 3261 §8.1.1.5, §20.16"),
        "CSeq LWS": ("CSeq = 1*DIGIT LWS Method", "RFC 3261 §20.16"),
        "callid": ("Call-ID = word [\"@\" word], without blanks", "RFC 3261 §20.8, §25.1"),
        "Content-Length": (
            "Content-Length = 1*DIGIT: the octets of the body, neither more nor fewer", "RFC 3261 §20.14, §18.3"
        ),
        "Max-Forwards": ("Max-Forwards = 1*DIGIT, 0 to 255", "RFC 3261 §20.22"),
        "Expires": ("Expires = delta-seconds, 0 to 4294967295", "RFC 3261 §20.19"),
        "Min-Expires": ("Min-Expires = delta-seconds, 0 to 4294967295", "RFC 3261 §20.23"),
        "Retry-After": ("Retry-After = delta-seconds [comment] *(SEMI retry-param)", "RFC 3261 §20.33"),
        "Flow-Timer": ("Flow-Timer = 1*DIGIT", "RFC 5626 §10"),
        "rfc1123-date": ("Date = rfc1123-date, which ends in GMT", "RFC 3261 §20.17"),
    ]

    private static let request = "RFC 3261 §7.1, §25.1"
    private static let header = "RFC 3261 §7.3, §25.1"
    private static let via = "RFC 3261 §20.42, §25.1"
    private static let nameAddr = "RFC 3261 §20.10, §25.1"
    private static let uri = "RFC 3261 §19.1.1, §25.1"
}
