#if canImport(OutboundKit)
    @testable import OutboundKit
#endif

/// The fuzz entry point for the STUN codec, over raw octets. Whatever comes in, a message or an error comes out; every value
/// decodes or is nil; the two readers agree; and what is written again reads as the same.
enum STUNFuzz {
    /// - Returns: how many attributes were read, so that the work cannot be optimised away.
    @discardableResult
    static func run(_ input: RawSpan) -> Int {
        for isCut in [false, true] {
            guard let facts = STUNFacts.read(input, isCut: isCut) else { continue }
            precondition(
                facts.errorCode == 0 || (300...699).contains(facts.errorCode), "an error code out of its range")
        }
        let message: STUNMessage
        do {
            message = try STUNMessage.parse(input)
        } catch {
            precondition(error.offset >= 0 && error.offset <= input.byteCount, "an error beyond the input")
            precondition(!error.description.isEmpty)
            transact(input, nil)
            return 0
        }
        precondition(message.bytes.count == input.byteCount)
        precondition(message.attributes.count <= STUNMessage.attributeLimit, "more attributes than the limit")
        var end = STUNMessage.headerLength
        for attribute in message.attributes {
            precondition(attribute.value.start == end + 4, "a gap between the attributes")
            precondition(attribute.value.end <= message.bytes.count, "an attribute beyond the message")
            end = attribute.value.end + (-attribute.value.end & 3)
            precondition(!attribute.type.description.isEmpty)
        }
        compare(message, input)
        writeAgain(message)
        transact(input, message)
        return message.attributes.count
    }

    /// Message and facts say the same of the same octets.
    private static func compare(_ message: STUNMessage, _ input: RawSpan) {
        guard let facts = STUNFacts.read(input, isCut: false) else {
            preconditionFailure("a message without facts")
        }
        precondition(facts.messageClass == message.type.messageClass && facts.method == message.type.method)
        precondition(facts.flags.contains(.cookie) == message.hasCookie)
        precondition(STUNMessage.isMessage(input) == message.hasCookie, "the peek and the parser disagree")
        precondition(facts.mappedAddress == message.xorMappedAddress ?? message.plainMappedAddress)
        precondition(facts.errorCode == message.errorCode?.code ?? 0)
        _ = message.software?.utf8.count
        _ = message.fingerprint
        _ = message.alternateServer?.description
        _ = message.unknownAttributes?.count
        _ = message.unknownRequired.count
        _ = message.type.description
    }

    /// A message of the same attributes, padding zeroed, reads as the same.
    private static func writeAgain(_ message: STUNMessage) {
        // Longer ones fit no datagram, and the writer refuses to make them.
        guard message.bytes.count < 65_000 else { return }
        var writer = STUNMessageWriter(
            message.type, message.transactionID,
            cookie: unsafe message.bytes.span.bytes.big32(4))
        for attribute in message.attributes {
            writer.append(attribute.type, message.bytes[attribute.value.range])
        }
        // What an RFC 3489 shape allows in its last padding the writer completes: only messages with the cookie count.
        guard message.hasCookie else { return }
        let written = writer.message
        guard let again = unsafe try? STUNMessage.parse(written.span.bytes) else {
            preconditionFailure("our own message must be readable")
        }
        precondition(again.attributes == message.attributes, "attributes change when they are written")
        precondition(again.xorMappedAddress == message.xorMappedAddress)
        let protected = writer.messageWithFingerprint()
        guard let sealed = unsafe try? STUNMessage.parse(protected.span.bytes) else { return }
        let isOnly = message.first(.fingerprint) == nil
        precondition(!isOnly || sealed.fingerprint == .valid, "our own fingerprint must hold")
    }

    /// A transaction that waits for it: it ends by an answer to it, and by nothing else.
    private static func transact(_ input: RawSpan, _ message: STUNMessage?) {
        let id = message?.transactionID ?? STUNTransactionID(high: 1, low: 2)
        var transaction = STUNTransaction(id: id, request: [], flow: FlowID(0))
        transaction.handle(.start, at: .zero)
        transaction.receive(input, on: FlowID(0), at: Timestamp(nanoseconds: 1))
        let isAnswer = message.map { $0.type.messageClass == .success || $0.type.messageClass == .error } ?? false
        precondition((transaction.deadline == nil) == isAnswer, "it ends with an answer, and only so")
        while transaction.next() != nil {}
    }
}
