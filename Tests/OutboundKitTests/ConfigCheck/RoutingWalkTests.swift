import Testing

@testable import OutboundKit

@Suite struct RoutingWalkTests {
    private static func walk(_ text: String) -> RoutingWalk { RoutingWalk(ConfigTexts.read(text)) }

    struct Row: CustomTestStringConvertible {
        let text: String
        /// Of REGISTER and INVITE those that come to `f()`.
        let methods: Set<String>
        var testDescription: String { text }
        init(_ text: String, _ methods: Set<String>) {
            self.text = text
            self.methods = methods
        }
    }

    static let rows: [Row] = [
        Row("f();", ["REGISTER", "INVITE"]),
        Row("if (is_method(\"REGISTER\")) f();", ["REGISTER"]),
        Row("if (!is_method(\"REGISTER\")) f();", ["INVITE"]),
        Row("if (is_method(\"REGISTER|INVITE\")) f();", ["REGISTER", "INVITE"]),
        Row("if (is_method(\"REGISTER\")) a(); else f();", ["INVITE"]),
        Row("if (is_method(\"REGISTER\")) exit; f();", ["INVITE"]),
        Row("if (!is_method(\"REGISTER\")) { a(); return; } f();", ["REGISTER"]),
        Row("if (method==\"INVITE\") f();", ["INVITE"]),
        Row("if ($rm != \"INVITE\") f();", ["REGISTER"]),
        Row("if ($rm =~ \"^(INVITE|BYE)$\") f();", ["INVITE"]),
        Row("if ($rm =~ \"^invite$|^bye$\") f();", ["INVITE"]),
        Row("if ($rm =~ \"^REG.*\") f();", ["REGISTER"]),
        Row("if ($rm == \"invite\") f();", []), Row("if (method == \"invite\") f();", ["INVITE"]),
        Row("if (\"INVITE\" != $rm) f();", ["REGISTER"]),
        Row("if (is_method(\"invite | bye\")) f();", ["INVITE"]),
        Row("switch ($rm) { case /\"^reg\": f(); }", []),
        Row("if (is_method(\"INVITE\") && b()) f();", ["INVITE"]),
        Row("if (is_method(\"INVITE\") || b()) f();", ["REGISTER", "INVITE"]),
        Row("if (has_totag()) f();", ["INVITE"]),
        Row("if (0) f();", []),
        Row("if (b()) { exit; } else { exit; } f();", []),
        Row("route(A); f(); } route[A] { if (is_method(\"INVITE\")) { exit; }", ["REGISTER"]),
        Row("route(A); f(); } route[A] { if (is_method(\"INVITE\")) { return; } exit;", ["REGISTER", "INVITE"]),
        Row("route(A); f(); } route[A] { a(); exit;", []),
        Row("route(A); } route[A] { if (!is_method(\"REGISTER\")) return; f();", ["REGISTER"]),
        Row("if (is_method(\"INVITE\")) route(A); } route[A] { f();", ["INVITE"]),
        Row("switch ($rm) { case \"INVITE\": f(); }", ["INVITE"]),
        Row("switch ($rm) { case \"REGISTER\": case \"BYE\": f(); }", ["REGISTER"]),
        Row("switch ($rm) { case \"REGISTER\": a(); case \"INVITE\": f(); }", ["REGISTER", "INVITE"]),
        Row("switch ($rm) { case \"REGISTER\": a(); break; case \"INVITE\": f(); }", ["INVITE"]),
        Row("switch ($rm) { default: a(); case \"BYE\": f(); }", ["REGISTER", "INVITE"]),
        Row("switch ($rm) { case \"REGISTER\": break; default: f(); }", ["INVITE"]),
        Row("switch ($rm) { default: f(); case \"INVITE\": a(); }", ["REGISTER"]),
        Row("switch ($rm) { case \"REGISTER\": default: f(); }", ["REGISTER", "INVITE"]),
        Row("switch ($rm) { case /\"^REG\": f(); }", ["REGISTER"]),
        Row("switch ($rm) { case \"REGISTER\": exit; } f();", ["INVITE"]),
        Row("switch ($rm) { case \"BYE\": break; case \"REGISTER\": a(); case \"ACK\": exit; } f();", ["INVITE"]),
        Row("switch ($rm) { case \"REGISTER\": if (b()) break; exit; } f();", ["REGISTER", "INVITE"]),
        Row("switch ($rm) { case \"REGISTER\": break; default: exit; } f();", ["REGISTER"]),
        Row("switch ($rm) { case \"REGISTER\": exit; default: a(); } f();", ["INVITE"]),
        Row("switch ($rm) { case \"REGISTER\": a(); default: exit; } f();", []),
        Row("switch ($rm) { case \"REGISTER\": return; default: exit; } f();", []),
        Row("route(A); f(); } route[A] { switch ($rm) { case \"INVITE\": exit; }", ["REGISTER"]),
        Row("route(A); f(); } route[A] { switch ($rm) { case \"INVITE\": return; }", ["REGISTER", "INVITE"]),
        Row("route(A); f(); } route[A] { a(); break;", ["REGISTER", "INVITE"]),
        Row("route(A); f(); } route[A] { if (b()) break; if (is_method(\"INVITE\")) exit;", ["REGISTER", "INVITE"]),
        Row("while (b()) { break; } f();", ["REGISTER", "INVITE"]),
        Row("a(); } route[A] { f();", []),
        Row("a(); } failure_route[A] { f();", []), Row("a(); } branch_route[A] { f();", []),
        Row("if (is_method(\"INVITE\")) t_on_branch(\"A\"); } branch_route[A] { f();", ["INVITE"]),
        Row("t_on_branch(\"A\"); } branch_route[A] { if (is_method(\"REGISTER\")) f();", ["REGISTER"]),
        Row("if (route(A)) { f(); } } route[A] { return 1;", ["REGISTER", "INVITE"]),
        Row("{ if (is_method(\"INVITE\")) exit; } f();", ["REGISTER"]),
    ]

    @Test(arguments: rows) func methods(_ row: Row) {
        let walk = Self.walk("request_route { \(row.text) }\n")
        let methods = ["REGISTER", "INVITE"].filter { !walk.calls("f", for: $0).isEmpty }
        #expect(Set(methods) == row.methods)
    }

    @Test func routesByName() {
        let walk = Self.walk("request_route { route(A); route($var(x)); }\n")
        #expect(!walk.isComplete)
    }

    @Test func whoAsksForAResult() {
        let walk = Self.walk("request_route { f(); if (f()) exit; $var(x) = f(); }\n")
        #expect(walk.calls("f").map(\.isAsked) == [false, true, true])
    }

    @Test func entries() {
        let walk = Self.walk(
            "request_route { t_on_failure(\"A\"); route(B); }\nfailure_route[A] { route(B); }\nroute[B] { f(); }\n")
        #expect(walk.calls("f").map(\.entry) == [.request, .failure])
        #expect(walk.calls("f").map(\.entryName) == ["", "A"])
        #expect(walk.calls("f", from: [.failure]).count == 1)
    }
}
