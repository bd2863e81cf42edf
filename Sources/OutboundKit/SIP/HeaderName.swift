/// The header fields that sipob knows by name, long or compact (RFC 3261 §7.3.3, §20; RFC 3327; RFC 5626; RFC 5627).
/// All others are `.other`; their names stay readable through the message's offsets.
public enum HeaderName: UInt8, Sendable, Hashable, CaseIterable {
    case other
    case via
    case from
    case to
    case callID
    case cseq
    case contact
    case expires
    case maxForwards
    case contentLength
    case contentType
    case supported
    case require
    case proxyRequire
    case unsupported
    case allow
    case path
    case route
    case recordRoute
    case flowTimer
    case retryAfter
    case minExpires
    case userAgent
    case server
    case authorization
    case proxyAuthorization
    case wwwAuthenticate
    case proxyAuthenticate
    case authenticationInfo
    case date
    case event
    case warning
}

/// A request's method. Names are case-sensitive (RFC 3261 §7.1).
public enum SIPMethod: UInt8, Sendable, Hashable, CaseIterable {
    case other
    case register
    case invite
    case ack
    case bye
    case cancel
    case options
    case message
    case subscribe
    case notify
    case update
    case prack
    case info
    case refer
    case publish
}
