/// Decides how long captures are read. When it is enough, what was read so far is judged as if the captures ended there,
/// and nothing of what stands behind is read.
public protocol CaptureWatch: AnyObject {
    /// Whether what was read so far is enough: asked before each further read of a file, of 1 MiB unless the limits say
    /// otherwise, and never of a pipe.
    func isEnough() -> Bool
    /// A pipe is about to be opened, which takes until somebody writes to it.
    func waitForPipe()
    /// Its reading begins.
    func beginPipe()
    /// How far the pipe has come, several times a second.
    /// - Returns: whether it is enough.
    func take(_ pulse: CapturePulse) -> Bool
    /// It was read to its end; what stands behind it follows.
    func endPipe()
}
