// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import OCIContent

extension PullLimit {
    /// Reads `ratelimit-limit` and `ratelimit-remaining`; `nil` for an answer without them, or with odd ones.
    init?(_ headers: HTTPHeaders) {
        guard let limit = headers.first(name: "RateLimit-Limit").flatMap(Self.parse),
            let remaining = headers.first(name: "RateLimit-Remaining").flatMap(Self.parse),
            remaining.count <= limit.count
        else { return nil }
        self.init(
            limit: limit.count,
            remaining: remaining.count,
            window: (limit.window ?? remaining.window).map { .seconds($0) },
            holder: headers.first(name: "Docker-RateLimit-Source")
                .map { source in
                    // IPv6 is counted by the network.
                    IPAddress(source.prefix { $0 != "/" }) == nil ? .account : .address
                }
        )
    }

    /// Reads `100;w=21600`, a number and the seconds of its window.
    static func parse(_ text: String) -> (count: Int, window: Int?)? {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count <= 2, let count = number(parts[0]) else { return nil }
        guard parts.count == 2 else { return (count, nil) }
        guard parts[1].hasPrefix("w="), let window = number(parts[1].dropFirst(2)), window > 0 else { return nil }
        return (count, window)
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
