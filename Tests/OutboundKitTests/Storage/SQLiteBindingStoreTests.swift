import Foundation
import Testing

@testable import OutboundKit

/// A folder for one test, gone afterwards.
final class ScratchFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("sipob-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

/// Real files, real second programs.
@Suite struct SQLiteBindingStoreTests {
    static let gruu = "path, outbound, gruu"

    /// A registrar that stores what it does, as an edge runs it.
    struct Service {
        var registrar: Registrar
        let store: SQLiteBindingStore

        init(_ store: SQLiteBindingStore, at now: Timestamp = noon) throws {
            self.store = store
            let secret = try store.secret()
            registrar = try Registrar.testing({ $0.gruuKey = secret }, state: store.load(at: now))
        }

        mutating func answer(_ request: TestRegister, at now: Timestamp = noon) throws -> RegistrarAnswer {
            let answer = try registrar.answer(request, at: now)
            do {
                try store.apply(answer.changes)
                return answer
            } catch {
                registrar.undo(answer)
                return .storageFailed
            }
        }
    }

    @Test func everythingComesBack() throws {
        let folder = try ScratchFolder()
        let file = folder.path("bindings.db")
        let origin = RegisterOrigin(flow: FlowID(3), source: TransportAddress("192.0.2.2:5060"))
        var temporary = ""
        var before: [Binding] = []
        do {
            var service = try Service(SQLiteBindingStore(path: file))
            let contact = flow(1) + ";x=\"a \\\"b\\\"\";q=0.5"
            let request = TestRegister(contact).supporting(Self.gruu).throughProxy
                .path("<sip:a@h;lr>", "<sip:b@h;lr;ob>").line("User-Agent: Phone ☎")
            let answer = service.registrar.register(try parsed(request.text), from: origin, at: noon)
            try service.store.apply(answer.changes)
            temporary = try #require(try answer.readContacts().first?.tempGRUU)
            _ = try service.answer(TestRegister("<sip:plain@h>", callID: "2"), at: noon + .seconds(1))
            _ = try service.answer(TestRegister(flow(1), callID: "3", user: "j%40s;n"))
            before = service.registrar.bindings
        }
        let service = try Service(SQLiteBindingStore(path: file), at: noon + .seconds(2))
        let after = service.registrar.bindings
        #expect(after.count == 3)
        for (old, new) in zip(before, after) {
            #expect(new.id == old.id)
            #expect(new.aor == old.aor)
            #expect(new.contact.storedText == old.contact.storedText)
            #expect(new.contact.parameters == old.contact.parameters)
            #expect(new.instance == old.instance)
            #expect(new.regID == old.regID)
            #expect(new.q == old.q)
            #expect(new.path == old.path)
            #expect(new.callID == old.callID)
            #expect(new.cseq == old.cseq)
            #expect(new.expires == old.expires)
            #expect(new.since == old.since)
            #expect(new.updated == old.updated)
            #expect(new.source == old.source)
            #expect(new.userAgent == old.userAgent)
            #expect(new.gruuSerial == old.gruuSerial)
            #expect(new.flow == nil)
        }
        #expect(try service.registrar.locate(temporary).text == "[sip:alice@192.0.2.2;transport=tcp]")
    }

    @Test func refreshesAndRemovalsAreKept() throws {
        let folder = try ScratchFolder()
        let file = folder.path("bindings.db")
        do {
            var service = try Service(SQLiteBindingStore(path: file))
            _ = try service.answer(TestRegister(flow(1)))
            _ = try service.answer(TestRegister(flow(2), callID: "2"))
            _ = try service.answer(TestRegister(flow(1, uri: "sip:new@h"), cseq: 2), at: noon + .seconds(9))
            _ = try service.answer(TestRegister(flow(2) + ";expires=0", cseq: 2, callID: "2"))
            _ = try service.answer(TestRegister(flow(1, softPhone), callID: "3", user: "bob"))
            try service.store.apply(service.registrar.expire(at: noon + .seconds(3605)))
        }
        let service = try Service(SQLiteBindingStore(path: file), at: noon + .seconds(3606))
        #expect(service.registrar.bindings.map(\.contact.uriText) == ["sip:new@h"])
        #expect(try service.registrar.locate("sip:bob@example.com").text == "gone")
        #expect(try service.registrar.locate("sip:bob@example.com;gr=\(softPhone)").text == "gone")
        #expect(try service.registrar.locate("sip:carol@example.com").text == "unknown")
    }

    @Test func whatExpiresWhileNobodyRunsIsRemembered() throws {
        let folder = try ScratchFolder()
        let file = folder.path("bindings.db")
        do {
            var service = try Service(SQLiteBindingStore(path: file))
            _ = try service.answer(TestRegister(flow(1)))
        }
        for (days, text) in [(1, "gone"), (29, "gone"), (31, "unknown")] {
            let service = try Service(SQLiteBindingStore(path: file), at: noon + .seconds(days * 86_400))
            #expect(service.registrar.bindingCount == 0)
            #expect(try service.registrar.locate("sip:alice@example.com").text == text)
        }
    }

    @Test func secretIsMadeOnceAndTheFileIsTheOwnersAlone() throws {
        let folder = try ScratchFolder()
        let file = folder.path("bindings.db")
        let first = try SQLiteBindingStore(path: file).secret()
        #expect(first.count == 32)
        #expect(try SQLiteBindingStore(path: file).secret() == first)
        #expect(try SQLiteBindingStore(path: folder.path("other.db")).secret() != first)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    /// Another program writes: after the patience is over, nothing is stored and the answer is 500; later all is well.
    @Test func lockedBySecondConnection() throws {
        let folder = try ScratchFolder()
        let file = folder.path("bindings.db")
        var service = try Service(SQLiteBindingStore(path: file, patience: .milliseconds(50)))
        _ = try service.answer(TestRegister(flow(1)))
        let other = try SQLiteConnection(path: file, patience: .zero)
        try other.run("BEGIN IMMEDIATE")
        let changes = [BindingChange.removed(try #require(service.registrar.bindings.first))]
        let error = #expect(throws: StorageError.self) { try service.store.apply(changes) }
        #expect(error?.reason == .locked)
        #expect(try service.answer(TestRegister(flow(2), callID: "2")).status == 500)
        #expect(service.registrar.bindingCount == 1)
        try other.run("ROLLBACK")
        #expect(try service.answer(TestRegister(flow(2), callID: "2")).status == 200)
        #expect(try service.store.load(at: noon).bindings.count == 2)
    }

    /// No room: what was acknowledged stays, what was not is refused, and refreshes go on where they fit.
    @Test func fullFile() throws {
        let folder = try ScratchFolder()
        let file = folder.path("bindings.db")
        var service = try Service(SQLiteBindingStore(path: file, maximumPages: 24))
        var stored = 0
        var refused = 0
        for number in 0..<400 {
            let request = TestRegister(flow(1) + ";x=\(String(repeating: "y", count: 400))", user: "user\(number)")
            let status = try service.answer(request).status
            if status == 200 { stored += 1 } else { refused += 1 }
            #expect(status == 200 || status == 500)
        }
        #expect(stored > 10)
        #expect(refused > 10)
        #expect(service.registrar.bindingCount == stored)
        #expect(try service.store.load(at: noon).bindings.count == stored)
        let big = TestRegister(flow(1) + ";x=\(String(repeating: "y", count: 1900))", user: "last")
        let answer = try service.registrar.answer(big)
        let error = #expect(throws: StorageError.self) { try service.store.apply(answer.changes) }
        #expect(error?.reason == .full)
        #expect(error?.description.contains("no room left for \(file)") == true)
    }

    @Test func allChangesOrNone() throws {
        let folder = try ScratchFolder()
        let file = folder.path("bindings.db")
        let service = try Service(SQLiteBindingStore(path: file, maximumPages: 24))
        var registrar = service.registrar
        let contacts = (0..<12).map { "<sip:u\($0)@h>;x=\(String(repeating: "y", count: 1900))" }
        let small = try registrar.answer(TestRegister("<sip:small@h>"))
        let large = try (0..<6).map { number in
            try registrar.answer(
                TestRegister(user: "user\(number)").with { $0.contacts = contacts })
        }
        let changes = small.changes + large.flatMap(\.changes)
        #expect(throws: StorageError.self) { try service.store.apply(changes) }
        #expect(try service.store.load(at: noon).bindings.isEmpty)
        try service.store.apply(small.changes)
        #expect(try service.store.load(at: noon).bindings.count == 1)
    }

    @Test func filesThatAreNone() throws {
        let folder = try ScratchFolder()
        let garbage = folder.path("garbage.db")
        try Data(repeating: 0x41, count: 9000).write(to: URL(fileURLWithPath: garbage))
        #expect(reason(garbage) == .corrupt)
        let foreign = folder.path("foreign.db")
        try SQLiteConnection(path: foreign, patience: .zero).run("CREATE TABLE music (title TEXT)")
        #expect(reason(foreign) == .corrupt)
        let newer = folder.path("newer.db")
        try SQLiteConnection(path: newer, patience: .zero).run("PRAGMA user_version = 99")
        #expect(reason(newer) == .newerVersion)
        #expect(reason(folder.path("missing/bindings.db")) == .failed)
        #expect(reason(folder.url.path) == .failed)
    }

    @Test func damagedRows() throws {
        let folder = try ScratchFolder()
        let file = folder.path("bindings.db")
        var service = try Service(SQLiteBindingStore(path: file))
        _ = try service.answer(TestRegister(flow(1)))
        let other = try SQLiteConnection(path: file, patience: .seconds(1))
        try other.run("UPDATE bindings SET contact = '<sip:'")
        let error = #expect(throws: StorageError.self) { try service.store.load(at: noon) }
        #expect(error?.reason == .corrupt)
        try other.run("DELETE FROM secret")
        #expect(throws: StorageError.self) { try service.store.secret() }
    }

    @Test func damagedPages() throws {
        let folder = try ScratchFolder()
        let file = folder.path("bindings.db")
        do {
            var service = try Service(SQLiteBindingStore(path: file))
            for number in 0..<50 { _ = try service.answer(TestRegister(flow(1), user: "u\(number)")) }
        }
        var octets = try Data(contentsOf: URL(fileURLWithPath: file))
        for index in 4096..<octets.count { octets[index] = 0xFF }
        try octets.write(to: URL(fileURLWithPath: file))
        let error = #expect(throws: StorageError.self) {
            let store = try SQLiteBindingStore(path: file)
            _ = try store.load(at: noon)
        }
        #expect(error?.reason == .corrupt)
    }

    @Test(.disabled(if: getuid() == 0, "the superuser may write everywhere"))
    func readOnlyFile() throws {
        let folder = try ScratchFolder()
        let file = folder.path("bindings.db")
        _ = try SQLiteBindingStore(path: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: file)
        #expect(reason(file) == .readOnly)
    }

    /// The file is opened for writing and turns out not to be: what a remounted disk looks like.
    @Test func writesRefused() throws {
        let folder = try ScratchFolder()
        let connection = try SQLiteConnection(path: folder.path("a.db"), patience: .zero)
        try connection.run("CREATE TABLE t (a)")
        try connection.run("PRAGMA query_only = 1")
        let error = #expect(throws: StorageError.self) { try connection.run("INSERT INTO t VALUES (1)") }
        #expect(error?.reason == .readOnly)
    }

    private func reason(_ path: String) -> StorageError.Reason? {
        do {
            _ = try SQLiteBindingStore(path: path, patience: .milliseconds(20))
            return nil
        } catch {
            return error.reason
        }
    }
}
