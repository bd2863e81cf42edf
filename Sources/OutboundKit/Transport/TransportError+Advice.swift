import Glibc

extension TransportError {
    /// What to do where the host did not give us a socket or a local address: fits behind the description. Nil where the
    /// trouble is at the far end, or where the error number alone does not tell what helps.
    public var hostAdvice: String? {
        switch (step, errorNumber) {
        case (.bind, EADDRINUSE):
            "another program has that port ('ss -lnp' shows which); take another port, or 0 for any"
        case (.bind, EACCES):
            "ports below 1024 are for root and for programs with CAP_NET_BIND_SERVICE; take a higher one, or 0 for any"
        case (.bind, EADDRNOTAVAIL): "this machine has no such address ('ip addr' shows those that it has)"
        case (_, EAFNOSUPPORT):
            "this machine has no \(address?.ip.isIPv6 ?? true ? "IPv6" : "IPv4"); take an address of the other family"
        case (_, EMFILE): "this process has all the open files that it may have; raise the limit (ulimit -n)"
        case (_, ENFILE): "this machine has all the open files that it may have; raise fs.file-max (sysctl)"
        default: nil
        }
    }
}
