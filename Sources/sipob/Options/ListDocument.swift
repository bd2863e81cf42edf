import OutboundKit

/// The JSON document of a command that lists what it knows: the frame that all commands share round one array.
enum ListDocument {
    /// - Parameters:
    ///   - name: of the array.
    ///   - more: members behind it.
    ///   - element: writes one, as an object.
    static func octets<Elements: Sequence>(
        _ command: String, _ name: String, _ elements: Elements, more: (inout JSONWriter) -> Void = { _ in },
        element: (inout JSONWriter, Elements.Element) -> Void
    ) -> [UInt8] {
        var json = JSONWriter(indented: true)
        json.beginObject()
        JSONFrame.head(&json, command: command, version: sipobVersion)
        json.array(name, elements, element)
        more(&json)
        JSONFrame.exit(&json, code: 0, reason: "done")
        json.endObject()
        json.newline()
        return json.bytes
    }
}

extension JSONWriter {
    mutating func array<Elements: Sequence>(
        _ name: String, _ elements: Elements, _ body: (inout JSONWriter, Elements.Element) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements { body(&self, element) }
        endArray()
    }
}
