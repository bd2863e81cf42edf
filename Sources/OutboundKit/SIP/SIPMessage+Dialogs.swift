/// Whether a message belongs to a dialog or makes one (RFC 3261 §12).
extension SIPMessage {
    /// Its To has a tag: the dialog is there already. A message without a To is in none.
    public var isInDialog: Bool { first(.to).map { hasTag($0.value) } ?? false }

    /// A request that makes a dialog when it is accepted: INVITE, SUBSCRIBE or REFER, outside of one.
    public var formsDialog: Bool {
        switch method {
        case .invite, .subscribe, .refer: isRequest && first(.to) != nil && !isInDialog
        default: false
        }
    }

    /// Whether a From or To has a tag.
    func hasTag(_ slice: ByteSlice) -> Bool {
        withSpan { span in
            var at = slice.start
            // Parameters before `>` belong to the URI.
            for index in slice.range where span.octet(index) == ASCII.greater { at = index + 1 }
            while let semicolon = span.firstOffset(of: ASCII.semicolon, in: at..<slice.end) {
                at = semicolon + 1
                while at < slice.end, ValueScanner.isLWS(span.octet(at)) { at += 1 }
                var end = at
                while end < slice.end, ASCII.isToken(span.octet(end)) { end += 1 }
                if span.equalsIgnoringCase("tag", in: at..<end) { return true }
            }
            return false
        }
    }
}
