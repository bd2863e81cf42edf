/// From captures to an event log, in two readings: the first finds the keys, the second writes the lines. Without type
/// parameters, as `CaptureAudit` is and for the same reason.
public enum CaptureEvents {
    /// The first reading.
    public struct Keys: ~Copyable {
        private var pipeline: CapturePipeline<EventSurvey>

        /// - Parameters:
        ///   - secrets: opens TLS connections; the same for both readings.
        ///   - filter: leaves out packets, likewise.
        public init(
            limits: CaptureLimits = CaptureLimits(), secrets: TLSSecretStore? = nil, filter: PacketFilter? = nil
        ) {
            pipeline = CapturePipeline(sink: EventSurvey(), limits: limits, secrets: secrets, filter: filter)
        }

        /// Reads captures in the order of their time (`CapturePipeline.read(paths:)`).
        public mutating func read(paths: [String], failed: (CaptureError) -> Void) {
            pipeline.read(paths: paths, failed: failed)
        }

        /// Secrets with which another reading would read more (`CapturePipeline.lateSecrets`).
        public var lateSecrets: TLSSecretStore? { pipeline.lateSecrets }

        /// The keys, and what concerns whole fleets.
        public consuming func finish() -> (keys: ShardKeys.Table, fleet: FleetFacts) {
            pipeline.finish()
            return pipeline.sink.finish()
        }
    }

    /// The second reading, of the same captures in the same order.
    public struct Lines: ~Copyable {
        private var pipeline: CapturePipeline<EventLineWriter>

        /// - Parameter deliver: takes the next octets of the log.
        public init(
            keys: ShardKeys.Table, limits: CaptureLimits = CaptureLimits(), secrets: TLSSecretStore? = nil,
            filter: PacketFilter? = nil, deliver: @escaping ([UInt8]) -> Void
        ) {
            pipeline = CapturePipeline(
                sink: EventLineWriter(keys: keys, deliver: deliver), limits: limits, secrets: secrets, filter: filter)
        }

        /// Reads captures in the order of their time (`CapturePipeline.read(paths:)`).
        public mutating func read(paths: [String], failed: (CaptureError) -> Void) {
            pipeline.read(paths: paths, failed: failed)
        }

        /// Writes the last lines.
        /// - Parameters:
        ///   - unread: what the caller could not read at all.
        ///   - fleet: what the first reading found out about fleets.
        public consuming func finish(unread: [NotAnalyzed], fleet: FleetFacts) {
            pipeline.finish()
            pipeline.sink.finish(
                CaptureSummary(
                    packets: pipeline.statistics.packets, lastTime: pipeline.statistics.lastTime ?? .zero,
                    notAnalyzed: unread + pipeline.notAnalyzed), fleet: fleet)
        }
    }
}
