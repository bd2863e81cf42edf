/// From captures to an event log, in two readings: the first finds the keys and what takes the whole run, the second
/// writes the lines. Without type parameters, as `CaptureAudit` is and for the same reason.
public enum CaptureEvents {
    /// The first reading.
    public struct Keys: ~Copyable {
        private var pipeline: CapturePipeline<EventSurveyor>

        /// - Parameters:
        ///   - settings: for what is judged here already, since it takes the whole run.
        ///   - secrets: opens TLS connections; the same for both readings.
        ///   - losses: of captures that are read once more, likewise.
        ///   - filter: leaves out packets, likewise.
        public init(
            settings: AuditSettings = AuditSettings(), limits: CaptureLimits = CaptureLimits(),
            secrets: TLSSecretStore? = nil, losses: CaptureLosses = CaptureLosses(), filter: PacketFilter? = nil
        ) {
            pipeline = CapturePipeline(
                sink: EventSurveyor(settings: settings), limits: limits, secrets: secrets, losses: losses,
                filter: filter)
        }

        /// Reads captures in the order of their time (`CapturePipeline.read(paths:)`).
        public mutating func read(paths: [String], failed: (CaptureError) -> Void) {
            pipeline.read(paths: paths, failed: failed)
        }

        /// Secrets with which another reading would read more (`CapturePipeline.lateSecrets`).
        public var lateSecrets: TLSSecretStore? { pipeline.lateSecrets }

        /// Drops with which another reading would know more (`CapturePipeline.lateLosses`).
        public var lateLosses: CaptureLosses? { pipeline.lateLosses }

        /// The keys, and what takes the whole run.
        public consuming func finish() -> EventSurvey {
            pipeline.finish()
            let unreadable = pipeline.statistics.isUnreadable ? pipeline.notAnalyzed : []
            var survey = pipeline.sink.finish()
            survey.unreadable = unreadable
            return survey
        }
    }

    /// The second reading, of the same captures in the same order.
    public struct Lines: ~Copyable {
        private var pipeline: CapturePipeline<EventLineWriter>

        /// - Parameters:
        ///   - survey: of the first reading.
        ///   - deliver: takes the next octets of the log.
        public init(
            survey: EventSurvey, limits: CaptureLimits = CaptureLimits(), secrets: TLSSecretStore? = nil,
            losses: CaptureLosses = CaptureLosses(), filter: PacketFilter? = nil, deliver: @escaping ([UInt8]) -> Void
        ) {
            pipeline = CapturePipeline(
                sink: EventLineWriter(survey: survey, deliver: deliver), limits: limits, secrets: secrets,
                losses: losses, filter: filter)
        }

        /// Reads captures in the order of their time (`CapturePipeline.read(paths:)`).
        public mutating func read(paths: [String], failed: (CaptureError) -> Void) {
            pipeline.read(paths: paths, failed: failed)
        }

        /// Writes the last lines.
        /// - Parameter unread: what the caller could not read at all.
        public consuming func finish(unread: [NotAnalyzed]) {
            pipeline.finish()
            pipeline.sink.finish(
                CaptureSummary(
                    packets: pipeline.statistics.packets, leftOut: pipeline.statistics.leftOut,
                    decrypted: pipeline.statistics.decryptedConnections,
                    lastTime: pipeline.statistics.lastTime ?? .zero, notAnalyzed: unread + pipeline.notAnalyzed))
        }
    }
}
