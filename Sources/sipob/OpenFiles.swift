import Glibc

/// How many files this process may have open; each connection is one.
enum OpenFiles {
    /// nil when the host does not say.
    static var limit: Int? { limits.map { Int(clamping: $0.rlim_cur) } }

    /// Takes all that may be had without asking anyone.
    static func raise() {
        guard var limits, limits.rlim_cur < limits.rlim_max else { return }
        limits.rlim_cur = limits.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    }

    private static var limits: rlimit? {
        var limits = rlimit()
        return unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 ? limits : nil
    }
}
