// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Something that is done once, whoever asks for it how often.
final class Once: Sendable {
    private let rest: Mutex<(@Sendable () -> Void)?>

    init(_ body: @escaping @Sendable () -> Void) { rest = Mutex(body) }

    func run() {
        let body = rest.withLock { rest in
            defer { rest = nil }
            return rest
        }
        body?()
    }
}
