// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Ports for programs that cannot be told to take any.
public enum LoopbackPort {
    /// No port could be found.
    public struct NoneFree: Error, CustomStringConvertible {
        /// What is wrong.
        public var description: String { "no port from 20000 to 31999 is free" }
    }

    /// A port of 127.0.0.1 that nobody has at the moment.
    ///
    /// It is below those that the system gives to connections: one of these might be taken while a server is being started
    /// again.
    public static func free() throws -> Int {
        for _ in 0..<100 {
            let port = UInt16.random(in: 20_000..<32_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let isFree = withUnsafeBytes(of: &address) { bytes in
                bind(descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count)) == 0
            }
            if isFree { return Int(port) }
        }
        throw NoneFree()
    }
}
