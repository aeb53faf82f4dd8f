// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCIServer

/// Where a server listens: `127.0.0.1:5000`, `[::1]:5000`, `localhost:0`, `:5000` for all addresses.
struct ListenAddress: Hashable, CustomStringConvertible {
    /// The address or name, without brackets.
    let host: String
    /// The port; 0 for any that is free.
    let port: Int

    /// Reads an address; without a port it is 5000.
    ///
    /// `nil` for what is none.
    init?(_ text: String) {
        var host = text[...]
        var port = "5000"[...]
        if text.hasPrefix("[") {
            guard let end = text.lastIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            if !rest.isEmpty {
                guard rest.hasPrefix(":") else { return nil }
                port = rest.dropFirst()
            }
            guard host.contains(":") else { return nil }
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
            guard !host.contains(":") else { return nil }
        }
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x3A, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E: true
            default: false
            }
        }
        guard isPlain, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port), number <= 65535
        else { return nil }
        if host.isEmpty, !text.hasPrefix(":") { return nil }
        self.host = host.isEmpty ? "0.0.0.0" : String(host)
        self.port = number
    }

    /// Whether only programs on this machine can connect.
    var isLoopback: Bool { host == "localhost" || HostCheck.isLoopbackAddress(host) }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
