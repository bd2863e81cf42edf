/// What a bad server is to do.
public struct FaultPlan: Sendable, Hashable {
    public init() {}
    var isEmpty: Bool { true }
    var requestStatus: UInt16? { nil }
}
struct FlowMischief: Sendable {}
extension EdgeServer {
    func faultsAtStart(_ id: FlowID, at now: Timestamp) {}
    func faultyPatience(_ held: EdgeFlow) -> (duration: Duration?, Void)? { nil }
    func spoilsPong(_ id: FlowID, at now: Timestamp) -> Bool { false }
    func faultySTUNAnswer(to: STUNMessage, on: FlowID, at: Timestamp) -> [UInt8]? { nil }
    func spoilsRegister(_ request: SIPMessage, on id: FlowID, at now: Timestamp) -> Bool { false }
    mutating func sendSpoiled(registerAnswer: [UInt8], to: SIPMessage, on: FlowID, at: Timestamp) {}
    func appendToken(_ flow: Flow, to text: inout [UInt8]) -> Bool { mint.append(flow, to: &text) }
    func tokenFlow(_ token: String) -> Flow? { mint.flow(of: token) }
    func emitLate(_ o: HubOutput<EdgeEvent>, at: Timestamp) {}
}
