import OutboundKit

/// The hub that a driver runs: the edge by itself, or with a recorder before it.
protocol EdgeHub: FlowHub where Command == EdgeCommand, Event == EdgeEvent {
    var edge: EdgeServer { get }
    /// What was recorded since the last time; nil where nothing is.
    mutating func takeRecording() -> [UInt8]?
}

extension EdgeServer: EdgeHub {
    var edge: EdgeServer { self }
    mutating func takeRecording() -> [UInt8]? { nil }
}

extension RecordingHub: EdgeHub where Hub == EdgeServer {
    var edge: EdgeServer { hub }
    mutating func takeRecording() -> [UInt8]? { recorder.take() }
}
