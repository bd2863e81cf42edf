import Testing

@testable import OutboundKit

/// The torture tests of RFC 4475, from the archive in its appendix.
@Suite struct RFC4475Tests {
    struct Row: Decodable, Sendable, CustomTestStringConvertible {
        let file: String
        let section: String
        /// `valid` or `invalid`, by the document.
        let verdict: String
        /// Where an invalid one is found out: `parse`, `faults` or `defects`.
        let `where`: String?
        /// The grammar rule that the error names.
        let rule: String?
        /// How many defects are kept.
        let defects: Int?

        var testDescription: String { "\(section) \(file)" }
    }

    static let rows = (try? VectorFiles.decode([Row].self, "Vectors/RFC4475/manifest.json")) ?? []

    @Test func everyVectorHasARow() throws {
        #expect(try VectorFiles.names(in: "Vectors/RFC4475", suffix: ".dat") == Self.rows.map(\.file).sorted())
        #expect(Self.rows.count == 50)
    }

    @Test(arguments: rows) func verdict(_ row: Row) throws {
        var message = SIPMessage()
        let octets = try VectorFiles.bytes("Vectors/RFC4475/\(row.file)")
        var thrown: ParseError?
        do throws(ParseError) {
            try MessageParser.parse(octets.span.bytes, into: &message)
        } catch {
            thrown = error
        }
        #expect(message.defects.count == row.defects ?? 0)
        switch row.where {
        case "parse":
            #expect(thrown?.rule.description == row.rule)
        case "faults":
            #expect(thrown == nil)
            #expect(message.faults().map(\.rule.description).contains(try #require(row.rule)))
        case "defects":
            #expect(thrown == nil)
            #expect(message.faults() == [])
            #expect(message.defects.allSatisfy { $0.rule.description == row.rule })
        default:
            #expect(row.verdict == "valid")
            #expect(thrown == nil)
            #expect(message.faults() == [])
        }
        #expect((row.verdict == "valid") == (row.where == nil))
        #expect(touchEverything(message) > 0)
    }

    @Test func tortuousInvite() throws {
        let message = try parsed(VectorFiles.bytes("Vectors/RFC4475/wsinv.dat"))
        #expect(message.viaCount == 3)
        #expect(try message.vias().map(\.branch) == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"])
        #expect(try message.vias().map(\.transport) == [.udp, .tcp, .udp])
        #expect(try message.topVia()?.hasMagicCookie == false)
        #expect(try message.nameAddrs(.to).first?.parameter("tag") == "1918181833n")
        #expect(try message.nameAddrs(.from).first?.displayName == #"J Rosenberg \""#)
        #expect(message.integer(.maxForwards) == 68)
        #expect(try message.cseq() == CSeq(number: 9, method: .invite))
        let contact = try #require(try message.contacts().first)
        #expect(contact.nameAddr?.displayName == #"Quoted string """#)
        #expect(contact.q == "0.33")
        #expect(contact.nameAddr?.parameter("NewParam") == "newvalue")
        #expect(contact.nameAddr?.hasParameter("secondparam") == true)
        #expect(
            try message.nameAddrs(.route).map(\.uri.description)
                == ["sip:services.example.com;lr;unknownwith=value;unknown-no-value"])
    }

    @Test func bareCookieIsNoBranch() throws {
        let message = try parsed(VectorFiles.bytes("Vectors/RFC4475/badbranch.dat"))
        #expect(try message.topVia()?.branch == "z9hG4bK")
        #expect(try message.topVia()?.hasMagicCookie == false)
    }

    @Test func semicolonsInTheUserPart() throws {
        let message = try parsed(VectorFiles.bytes("Vectors/RFC4475/semiuri.dat"))
        let uri = try SIPURI.parse(message.text(message.requestURI))
        #expect(uri.user == "user;par=u%40example.net")
        #expect(uri.host == "example.com")
    }
}
