import Testing

@testable import OutboundKit

private typealias Register = ServerRun.Register
private typealias Request = ServerRun.Request
private typealias Row = ServerRun.Row
private typealias Moment = ServerRun.Moment

@Suite struct ServerRulesTests {
    private static let other = "urn:uuid:11111111-0000-1000-8000-000a95a0e128"
    private static let route = ServerRun.route
    private static let core = "<sip:198.51.100.9;lr>"

    private static let first = Register(time: 0)
    private static let second = Register(time: 10, flow: 1, regID: "2", callID: "b")
    /// Another phone of the user.
    private static let elsewhere = Register(time: 0, flow: 2, urn: other, host: "192.0.2.99:5060", callID: "c")
    private static let plain = Register(
        time: 0, flow: 2, regID: nil, urn: nil, host: "192.0.2.99:5060", callID: "c", isGranted: false)

    /// The server holds three contacts of a user.
    private static let rich = Register(
        time: 0, flow: 9, user: "erin", callID: "e",
        others: ["<sip:erin@192.0.2.50>;expires=600", "<sip:erin@192.0.2.51>;expires=600"])

    /// A registration with others in the answer.
    private static func listing(_ others: Register..., by register: Register) -> Moment {
        var copy = register
        copy.others = others.map(\.contact)
        return .register(copy)
    }

    private static func registered(_ registers: Register...) -> [Moment] { registers.map(Moment.register) }

    private static let bindings: [Row] = [
        Row("OB-REG-015", "unknown", "the own reg-id alone is listed, and so in each answer") {
            registered(first, second)
        },
        Row("OB-REG-015", "pass", "both") { registered(first) + [listing(first, by: second)] },
        Row("OB-REG-015", "fail", "a contact from before is listed, and the first reg-id is not") {
            registered(elsewhere, Register(time: 1)) + [listing(elsewhere, by: second)]
        },
        Row("OB-REG-015", "fail", "a newer one is listed, and the server holds three for others") {
            registered(rich, first, elsewhere) + [listing(elsewhere, by: second)]
        },
        Row("OB-REG-015", "unknown", "a newer one is listed, and the server may hold no more than two") {
            registered(first, elsewhere) + [listing(elsewhere, by: second)]
        },
        Row("OB-REG-015", "unknown", "the second reg-id has a new Call-ID, as when the phone is started anew") {
            registered(rich, first)
                + [listing(first, by: Register(time: 5, flow: 3, regID: "2", callID: "b0")), .register(second)]
        },
        Row("OB-REG-015", "unknown", "so it may be where the second was registered before the capture") {
            registered(rich) + [listing(second, by: first), .register(second)]
        },
        Row("OB-REG-015", "unknown", "a datagram that removed it may be missing", over: .udp) {
            registered(elsewhere, Register(time: 1)) + [listing(elsewhere, by: second)]
        },
        Row("OB-REG-015", "fail", "its next REGISTER is the very next", over: .udp) {
            registered(elsewhere, Register(time: 1)) + [listing(elsewhere, by: second)]
                + registered(Register(time: 30, cseq: 2))
        },
        Row("OB-REG-015", nil, "the second takes the first away") {
            [.register(rich), .register(first)]
                + registered(
                    Register(
                        time: 10, flow: 1, regID: "2", callID: "b", also: [Register(time: 0, expires: 0).contact]))
        },
        Row("OB-REG-015", nil, "the first was removed by its URI") {
            registered(rich, first, Register(time: 5, regID: nil, urn: nil, cseq: 2, expires: 0), second)
        },
        Row("OB-REG-015", nil, "all were removed") {
            registered(rich, first, Register(time: 5, cseq: 2, expires: 0, isForAll: true), second)
        },
        Row("OB-REG-015", nil, "the answer's Expires was shorter") {
            registered(rich, Register(time: 0, answerExpires: 8), second)
        },
        Row("OB-REG-015", nil, "behind the edge, long after") {
            registered(
                rich, Register(time: 0, flow: 20, hops: 2, path: [ServerRun.path(0)]),
                Register(time: 100, flow: 20, regID: "2", callID: "b", hops: 2, path: [ServerRun.path(1)]))
        },
        Row("OB-REG-015", "unknown", "other phones are not listed either") { registered(first, elsewhere, second) },
        Row("OB-REG-015", "unknown", "calls still come over the first flow") {
            registered(first, second) + [.request(Request(time: 20, flow: 0))]
        },
        Row("OB-REG-015", nil, "the first flow was closed") { registered(first, second) + [.close(5, flow: 0)] },
        Row("OB-REG-015", nil, "its registration had run out") {
            registered(Register(time: 0, expires: 8), second)
        },
        Row("OB-REG-015", nil, "the first flow has been silent for long") {
            registered(first, Register(time: 200, flow: 1, regID: "2", callID: "b"))
        },
        Row("OB-REG-015", "fail", "behind the edge") {
            registered(
                rich, Register(time: 0, flow: 20, hops: 2, path: [ServerRun.path(0)]),
                Register(
                    time: 10, flow: 20, regID: "2", callID: "b", hops: 2, path: [ServerRun.path(1)],
                    others: [elsewhere.contact]))
        },
        Row("OB-REG-011", "fail", "the answer names others, and not the plain one") {
            registered(plain) + [listing(elsewhere, by: first), listing(elsewhere, by: second)]
        },
        Row("OB-REG-011", "unknown", "a datagram that removed it may be missing", over: .udp) {
            registered(plain) + [listing(elsewhere, by: first), listing(elsewhere, by: second)]
        },
        Row("OB-REG-011", "pass", "both") { registered(plain) + [listing(plain, by: second)] },
        Row("OB-REG-011", "unknown", "the server names the own contact alone") { registered(plain, second) },
        Row("OB-REG-011", nil, "one of them only") { registered(first, second) },
        Row("OB-REG-011", nil, "the device itself goes over to outbound") {
            registered(rich, Register(time: 0, flow: 2, regID: nil, host: "192.0.2.99:5060", isGranted: false), second)
        },
        Row("OB-REG-027", "warn", "5, then 2, and the lifetime is new") {
            registered(Register(time: 0, cseq: 5), Register(time: 100, cseq: 2))
        },
        Row("OB-REG-027", "pass", "refused") {
            registered(Register(time: 0, cseq: 5), Register(time: 100, cseq: 2, status: 500))
        },
        Row("OB-REG-027", nil, "overtaken on the way") {
            registered(Register(time: 0, cseq: 5), Register(time: 0.3, cseq: 4))
        },
        Row("OB-REG-027", nil, "all were removed in between") {
            registered(
                Register(time: 0, cseq: 5), Register(time: 50, cseq: 6, expires: 0, isForAll: true),
                Register(time: 100, cseq: 2))
        },
        Row("OB-REG-027", nil, "another Call-ID came in between") {
            registered(
                Register(time: 0, cseq: 5), Register(time: 50, callID: "z", cseq: 1), Register(time: 100, cseq: 2))
        },
        Row("OB-REG-027", nil, "the binding is as it was") {
            registered(Register(time: 0, cseq: 5), Register(time: 100, cseq: 2, expires: 500))
        },
        Row("OB-AP-008", "info", "still listed after 430") {
            registered(first, second) + [.request(Request(time: 20, flow: 20, route: route(0), status: 430))]
                + [listing(first, by: Register(time: 30, flow: 1, regID: "2", callID: "b", cseq: 2))]
        },
        Row("OB-AP-008", nil, "the own one alone is listed, as always") {
            registered(first, second) + [.request(Request(time: 20, flow: 20, route: route(0), status: 430))]
                + registered(Register(time: 30, flow: 1, regID: "2", callID: "b", cseq: 2))
        },
        Row("OB-AP-008", "pass", "gone after 430") {
            registered(rich, first, second) + [.request(Request(time: 20, flow: 20, route: route(0), status: 430))]
                + registered(Register(time: 30, flow: 1, regID: "2", callID: "b", cseq: 2))
        },
        Row("OB-AP-008", nil, "registered anew") {
            registered(first, second) + [.request(Request(time: 20, flow: 20, route: route(0), status: 430))]
                + registered(Register(time: 25, flow: 3, cseq: 2))
                + [listing(first, by: Register(time: 30, flow: 1, regID: "2", callID: "b", cseq: 2))]
        },
        Row("OB-PATH-001", "pass", "on top") { hops(["<sip:p2;lr>", ServerRun.path(0)]) },
        Row("OB-PATH-001", "fail", "below") { hops([ServerRun.path(0), "<sip:p2;lr>"]) },
        Row("OB-PATH-001", nil, "the second hop adds nothing") { hops([ServerRun.path(0)]) },
    ]

    private static func hops(_ path: [String]) -> [Moment] {
        registered(
            Register(time: 0, flow: 20, hops: 2, path: [ServerRun.path(0)]),
            Register(time: 0.1, flow: 21, hops: 3, path: path))
    }

    private static let direct = Register(time: 0, path: [])
    private static let besideOthers = [
        .register(first), listing(elsewhere, by: Register(time: 100, flow: 1, cseq: 2)),
    ]
    private static let moved = registered(first, Register(time: 100, flow: 1, cseq: 2))

    private static let delivery: [Row] = [
        Row("OB-REG-020", "fail", "on the flow that the phone has left") {
            moved + [.request(Request(time: 110, flow: 0))]
        },
        Row("OB-REG-020", "unknown", "it may have rung elsewhere before") {
            besideOthers + [.request(Request(time: 110, flow: 0))]
        },
        Row("OB-REG-020", "fail", "beside others, and the call is new") {
            besideOthers + [
                .request(Request(time: 109.9, flow: 40, direction: .fromClient, hops: 1)),
                .request(Request(time: 110, flow: 0)),
            ]
        },
        Row("OB-REG-020", "unknown", "the new one leads to another server") {
            registered(first, Register(time: 100, flow: 70, cseq: 2)) + [.request(Request(time: 110, flow: 0))]
        },
        Row("OB-REG-020", "pass", "on the new one") { moved + [.request(Request(time: 110, flow: 1))] },
        Row("OB-REG-020", nil, "at the same moment") { moved + [.request(Request(time: 101, flow: 0))] },
        Row("OB-REG-020", nil, "the call had begun before") {
            moved + [.request(Request(time: 99, flow: 40)), .request(Request(time: 103, flow: 0))]
        },
        Row("OB-REG-020", nil, "within a dialog") {
            moved + [.request(Request(time: 110, flow: 0, method: "BYE", route: route(0), isInDialog: true))]
        },
        Row("OB-REG-020", nil, "for the other account, which stayed") {
            moved + registered(Register(time: 1, user: "carol", callID: "d"))
                + [.request(Request(time: 110, flow: 0, target: "carol@192.0.2.7:5060"))]
        },
        Row("OB-REG-020", nil, "back on the first flow, after more REGISTERs than are kept") {
            moved
                + (0..<ServerBook.maximumPerUser).map { number in
                    .register(Register(time: 200 + Double(number), cseq: 3 + number))
                } + [.request(Request(time: 600, flow: 0))]
        },
        Row("OB-EP-010", "fail", "on a connection of its own") {
            registered(first) + [.request(Request(time: 10, flow: 30))]
        },
        Row("OB-EP-010", "pass", "on the flow") { registered(first) + [.request(Request(time: 10, flow: 0))] },
        Row("OB-EP-010", nil, "all share one address, and it may be anybody's") {
            registered(Register(time: 0, flow: 80)) + [.request(Request(time: 10, flow: 81))]
        },
        Row("OB-EP-010", "fail", "all share one address, and the server got it before") {
            registered(Register(time: 0, flow: 80)) + [
                .request(Request(time: 9.9, flow: 82, direction: .fromClient, hops: 1)),
                .request(Request(time: 10, flow: 81)),
            ]
        },
        Row("OB-EP-010", nil, "somebody looks whether the host is alive") {
            registered(first) + [.request(Request(time: 10, flow: 30, method: "OPTIONS"))]
        },
        Row("OB-EP-010", nil, "for a phone with a plain registration as well") {
            registered(first, Register(time: 1, flow: 1, regID: nil, urn: nil, callID: "p", isGranted: false))
                + [.request(Request(time: 10, flow: 30))]
        },
        Row("OB-AP-005", "fail", "from another port of the server", over: .udp) {
            registered(direct) + [.request(Request(time: 10, flow: 50))]
        },
        Row("OB-AP-005", nil, "a proxy that does not keep flows stands between", over: .udp) {
            registered(Register(time: 0, path: ["<sip:198.51.100.1;lr>"])) + [.request(Request(time: 10, flow: 50))]
        },
        Row("OB-AP-005", "pass", "from the same port", over: .udp) {
            registered(direct) + [.request(Request(time: 10, flow: 0))]
        },
        Row("OB-AP-005", nil, "that port was in use before", over: .udp) {
            registered(direct) + [
                .request(Request(time: 5, flow: 50, method: "OPTIONS", callID: "o")),
                .request(Request(time: 10, flow: 50)),
            ]
        },
        Row("OB-AP-006", "fail", "a connection to the old port") {
            registered(first) + [.close(50, flow: 0), .request(Request(time: 60, flow: 30))]
        },
        Row("OB-AP-006", "fail", "and it was refused") {
            registered(first) + [.close(50, flow: 0), .close(60, flow: 30, .refused, .fromServer)]
        },
        Row("OB-AP-006", "unknown", "it may be for a dialog") {
            registered(first) + [
                .request(Request(time: 10, flow: 0)), .close(50, flow: 0),
                .close(60, flow: 30, .refused, .fromServer),
            ]
        },
        Row("OB-AP-006", "unknown", "it may be for a dialog from before the capture") {
            registered(first) + [.midstream(0), .close(50, flow: 0), .close(60, flow: 30, .refused, .fromServer)]
        },
        Row("OB-AP-006", "fail", "a request with the flow's token came right before") {
            registered(first) + [
                .midstream(0), .close(50, flow: 0), .request(Request(time: 59.9, flow: 20, route: route(0))),
                .close(60, flow: 30, .refused, .fromServer),
            ]
        },
        Row("OB-AP-006", "unknown", "registered plainly at that address") {
            registered(first) + [.close(50, flow: 0)]
                + registered(
                    Register(time: 55, flow: 1, regID: nil, urn: nil, callID: "p", isGranted: false))
                + [.request(Request(time: 60, flow: 30))]
        },
        Row("OB-AP-006", "pass", "the other flow") {
            registered(first, second) + [.close(50, flow: 0), .request(Request(time: 60, flow: 1))]
        },
        Row("OB-AP-006", nil, "nobody called") { registered(first) + [.close(50, flow: 0)] },
        Row("OB-AP-007", "fail", "the server closes, and connects to the old port") {
            registered(first) + [
                .close(50, flow: 0, .rst, .fromServer), .request(Request(time: 60, flow: 30)),
            ]
        },
        Row("OB-AP-007", "pass", "430") {
            registered(first) + [
                .close(50, flow: 0, .fin, .fromServer),
                .request(Request(time: 60, flow: 20, route: route(0), status: 430)),
            ]
        },
        Row("OB-AP-007", nil, "the phone closed it") {
            registered(first) + [.close(50, flow: 0), .request(Request(time: 60, flow: 30))]
        },
    ]

    /// A request of the phone with its token, and what the edge sends for it.
    private static func outgoing(
        _ method: String, _ target: String, isInDialog: Bool, route: String = route(0), _ copy: Request
    ) -> [Moment] {
        var copy = copy
        (copy.method, copy.target, copy.isInDialog) = (method, target, isInDialog)
        let request = Request(
            time: 10, flow: 0, direction: .fromClient, method: method, target: target, hops: 1, route: route,
            from: "alice", isInDialog: isInDialog)
        return registered(first) + [.request(request), .request(copy)]
    }

    /// The caller's request and what the core makes of it.
    private static func call(_ attempts: Request...) -> [Moment] {
        let caller = Request(time: 20, flow: 40, direction: .fromClient, hops: 1, status: 480, delay: 5)
        return [.request(caller)] + attempts.map(Moment.request)
    }

    private static let dead = Request(time: 20.1, flow: 20, route: route(0), status: 430)
    private static let carol = Register(
        time: 1, flow: 1, urn: other, user: "carol", host: "192.0.2.8:5060", callID: "d")

    private static let tokens: [Row] = [
        Row("OB-EP-013", "pass", "430") {
            registered(first) + [
                .close(5, flow: 0), .request(Request(time: 20, flow: 20, route: route(0), status: 430)),
            ]
        },
        Row("OB-EP-013", "warn", "480") {
            registered(first) + [
                .close(5, flow: 0), .request(Request(time: 20, flow: 20, route: route(0), status: 480)),
            ]
        },
        Row("OB-EP-013", nil, "the request itself is refused") {
            registered(first) + [
                .close(5, flow: 0), .request(Request(time: 20, flow: 20, route: route(0), status: 483)),
            ]
        },
        Row("OB-EP-013", "warn", "403") {
            registered(first) + [
                .close(5, flow: 0), .request(Request(time: 20, flow: 20, route: route(0), status: 403)),
            ]
        },
        Row("OB-EP-013", nil, "403, and the edge may have been started anew") {
            registered(first) + [
                .close(5, flow: 0, .rst, .fromServer),
                .request(Request(time: 20, flow: 20, route: route(0), status: 403)),
            ]
        },
        Row("OB-EP-013", nil, "480, and the flow is there") {
            registered(first) + [.request(Request(time: 20, flow: 20, route: route(0), status: 480))]
        },
        Row("OB-EP-013", nil, "480 to the token of a flow that came after") {
            registered(first, Register(time: 10, flow: 60, cseq: 2, path: [ServerRun.path(0)])) + [
                .close(5, flow: 0), .request(Request(time: 20, flow: 20, route: route(0), status: 480)),
            ]
        },
        Row("OB-EP-014", "fail", "still on top behind the edge") {
            outgoing(
                "INVITE", "bob@203.0.113.5", isInDialog: false,
                Request(time: 10.1, flow: 20, direction: .fromClient, route: route(0)))
        },
        Row("OB-EP-014", "fail", "one of two is still on top behind the edge") {
            outgoing(
                "INVITE", "bob@203.0.113.5", isInDialog: false, route: "\(route(0)), \(route(0))",
                Request(time: 10.1, flow: 20, direction: .fromClient, route: route(0)))
        },
        Row("OB-EP-014", nil, "one of two, and the edge is its own next hop") {
            outgoing(
                "INVITE", "bob@203.0.113.5", isInDialog: false, route: "\(route(0)), \(route(0))",
                Request(time: 10.1, flow: 71, route: route(0)))
        },
        Row("OB-EP-014", "pass", "taken off") {
            outgoing(
                "INVITE", "bob@203.0.113.5", isInDialog: false, Request(time: 10.1, flow: 20, direction: .fromClient))
        },
        Row("OB-EP-014", nil, "what comes to the edge has it") {
            outgoing(
                "INVITE", "bob@203.0.113.5", isInDialog: false, Request(time: 10.1, flow: 20, route: route(0)))
        },
        Row("OB-EP-009", "fail", "back to the phone") {
            outgoing("BYE", "bob@203.0.113.5", isInDialog: true, Request(time: 10.1, flow: 0))
        },
        Row("OB-EP-009", "pass", "onward") {
            outgoing("BYE", "bob@203.0.113.5", isInDialog: true, Request(time: 10.1, flow: 20, direction: .fromClient))
        },
        Row("OB-EP-009", nil, "to the phone's other account") {
            registered(Register(time: 1, user: "carol", callID: "d"))
                + outgoing("BYE", "carol@192.0.2.7:5060", isInDialog: true, Request(time: 10.1, flow: 0))
        },
        Row("OB-EP-009", nil, "others send it back") {
            outgoing("BYE", "bob@203.0.113.5", isInDialog: true, Request(time: 10.1, flow: 0, hops: 4))
        },
        Row("OB-EP-009", nil, "the phone called itself") {
            [
                .request(Request(time: 5, flow: 0, direction: .fromClient, target: "carol@example.com", hops: 1)),
                .request(Request(time: 5.1, flow: 0, target: "gruu@example.com")),
            ] + outgoing("BYE", "gruu@example.com", isInDialog: true, Request(time: 10.1, flow: 0))
        },
        Row("OB-EP-020", "info", "the old token") {
            registered(first, Register(time: 10, flow: 60, cseq: 2, path: [ServerRun.path(0)])) + [.close(5, flow: 0)]
        },
        Row("OB-EP-020", "pass", "a new one") {
            registered(first, Register(time: 10, flow: 60, cseq: 2)) + [.close(5, flow: 0)]
        },
        Row("OB-EP-020", nil, "from another port") {
            registered(first, Register(time: 10, flow: 1, cseq: 2)) + [.close(5, flow: 0)]
        },
        Row("OB-AP-002", "warn", "430, and the caller gets 480") { registered(first, second) + call(dead) },
        Row("OB-AP-002", "pass", "430, and then the other flow") {
            registered(first, second) + call(dead, Request(time: 20.3, flow: 20, route: route(1), status: 200))
        },
        Row("OB-AP-002", nil, "the other flow was tried before") {
            registered(first, second) + call(Request(time: 20.05, flow: 20, route: route(1), status: 480), dead)
        },
        Row("OB-AP-002", nil, "another phone declines, and what the caller gets was not seen") {
            registered(first, second) + [
                .request(Request(time: 20, flow: 5, hops: 4, status: 486, delay: 5)), .request(dead),
            ]
        },
        Row("OB-AP-002", nil, "there is no other flow") { registered(first) + call(dead) },
        Row("OB-AP-002", nil, "the other flow was closed") {
            registered(first, second) + [.close(15, flow: 1)] + call(dead)
        },
        Row("OB-AP-004", "fail", "along another's Path") {
            registered(first, carol) + [.request(Request(time: 20, flow: 20, route: route(1)))]
        },
        Row("OB-AP-004", "pass", "along its own") {
            registered(first, carol) + [.request(Request(time: 20, flow: 20, route: route(0)))]
        },
        Row("OB-AP-004", nil, "a phone calls another's contact along its own route") {
            registered(first, carol) + [
                .request(Request(time: 20, flow: 1, direction: .fromClient, hops: 1, route: route(1), from: "carol"))
            ]
        },
        Row("OB-AP-004", nil, "for a contact that nobody registered") {
            registered(first, carol) + [
                .request(Request(time: 20, flow: 20, target: "dave@192.0.2.9", route: route(0)))
            ]
        },
    ]

    private static let routes: [Row] = [
        Row("OB-EP-011", "warn", "no Record-Route") { registered(first) + [.request(Request(time: 10, flow: 0))] },
        Row("OB-EP-011", "warn", "with ob") {
            registered(first) + [.request(Request(time: 10, flow: 0, recordRoute: ServerRun.path(0)))]
        },
        Row("OB-EP-011", "pass", "without ob") {
            registered(first) + [.request(Request(time: 10, flow: 0, recordRoute: route(0)))]
        },
        Row("OB-EP-011", "warn", "only the one that the core put there") {
            registered(first) + [
                .request(Request(time: 9.9, flow: 20, recordRoute: core)),
                .request(Request(time: 10, flow: 0, hops: 3, recordRoute: core)),
            ]
        },
        Row("OB-EP-011", nil, "another's name, which may be the edge's") {
            registered(first) + [.request(Request(time: 10, flow: 0, hops: 3, recordRoute: core))]
        },
        Row("OB-EP-011", nil, "the edge stands for the caller") {
            registered(first) + [.request(Request(time: 10, flow: 0, contact: "<sip:bob@198.51.100.1>"))]
        },
        Row("OB-EP-015", "warn", "no Record-Route") { registered(first) + [.request(opened())] },
        Row("OB-EP-015", "unknown", "no Record-Route, and no registration was seen") { [.request(opened())] },
        Row("OB-EP-015", nil, "behind two proxies a Record-Route may be of the other") {
            registered(first) + [.request(opened(recordRoute: core, hops: 3))]
        },
        Row("OB-EP-015", "pass", "with one") { [.request(opened(recordRoute: route(0)))] },
        Row("OB-EP-015", nil, "without ob in Contact") { [.request(opened(contact: "<sip:alice@192.0.2.7>"))] },
        Row("OB-EP-015", nil, "of a phone to which outbound was not granted") {
            registered(Register(time: 0, isGranted: false)) + [.request(opened())]
        },
    ]

    /// What leaves the edge for a phone that opens a dialog.
    private static func opened(
        recordRoute: String? = nil, contact: String = "<sip:alice@192.0.2.7;ob>", hops: Int = 2
    ) -> Request {
        Request(
            time: 10, flow: 20, direction: .fromClient, target: "bob@example.com", hops: hops,
            recordRoute: recordRoute, from: "alice", contact: contact)
    }

    static let all: [ServerRun.Row] = bindings + delivery + tokens + routes

    @Test(arguments: all)
    fileprivate func rule(_ row: Row) throws {
        let findings = try ServerRun.judge(row.moments(), row.transport)
        let own = findings.filter { $0.requirement == row.id }
        #expect(own.first?.verdict.word == row.verdict, "\(own.map(\.message))")
        #expect(own.count <= 1)
    }

    @Test func everyRuleHasAComplaintAndAPass() {
        for id in Judge.serverRequirements {
            let words = Set(Self.all.filter { $0.id == id }.map(\.verdict))
            #expect(words.contains("pass") && words.contains(nil), "\(id)")
            #expect(!words.isDisjoint(with: ["fail", "warn", "info"]), "\(id)")
        }
    }
}
