// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCIRegistry

extension RemoteRegistryTests {
    @Suite struct UploadTokenTests {
        /// A registry whose tokens live for a while of a clock, and which takes some time of it for each piece.
        private final class Registry: Sendable {
            static let life = Duration.seconds(5)

            let clock = ManualClock()
            private let pieceTime: Duration
            /// When each token was given.
            private let given = Shared<[Duration]>([])

            init(pieceTime: Duration) { self.pieceTime = pieceTime }

            var tokens: Int { given.value.count }

            func answer(_ request: PeerRequest) -> PeerReply {
                if request.path == "/token" {
                    let now = clock.now.offset
                    let number = given.change {
                        $0.append(now)
                        return $0.count
                    }
                    return .text(200, #"{"token":"t\#(number)","expires_in":\#(Self.life.components.seconds)}"#)
                }
                guard isAllowed(request) else { return challenge(request) }
                guard request.method == "PATCH" else { return .uploads(request) }
                clock.advance(by: pieceTime)
                // As strict as can be: the token must still be good at the end of the piece.
                return isAllowed(request) ? .session : challenge(request)
            }

            private func isAllowed(_ request: PeerRequest) -> Bool {
                guard let header = request.header("authorization"),
                    let number = Int(header.trimmingPrefix("Bearer t")), (1...tokens).contains(number)
                else { return false }
                return clock.now.offset - given.value[number - 1] < Self.life
            }

            private func challenge(_ request: PeerRequest) -> PeerReply {
                let realm = "http://\(request.header("host") ?? "")/token"
                return PeerReply(401, headers: [("WWW-Authenticate", #"Bearer realm="\#(realm)",service="test""#)])
            }
        }

        @Test(
            arguments: [
                // The token of the beginning serves for all.
                (.milliseconds(100), 1),
                // Pieces begin at 0, 1 and 2 s of a token's life; at 3 s more than half of it is over. The last serves to the end.
                (.seconds(1), 2),
                // Each piece would outlive the token of the one before, and closing takes no time.
                (.seconds(3), 5),
                (.milliseconds(4900), 6),
            ] as [(Duration, Int)]
        )
        func `an upload in pieces has a new token before a piece that would outlive the last`(
            _ pieceTime: Duration,
            _ tokens: Int
        ) async throws {
            let blob = BuiltBlob((0..<5000).map { UInt8($0 % 251) })
            let server = Registry(pieceTime: pieceTime)
            try await withRegistry(clock: server.clock) {
                server.answer($0)
            } _: { registry, peer in
                registry.learn(UploadLessons(bodyLimit: 1000))
                let arrival = try await registry.app().write(BlobContent(blob), heldBy: nil)
                #expect(arrival == .copied)
                let requests = peer.requests.filter { $0.path != "/token" }
                // The first asks what is wanted; nothing after it is refused.
                let pieces = Array(repeating: "PATCH", count: 5)
                #expect(requests.map(\.method) == ["POST", "POST"] + pieces + ["PUT"])
                let withoutToken = requests.count { $0.header("authorization") == nil }
                #expect(withoutToken == 1)
                #expect(requests.filter { $0.method == "PATCH" }.flatMap(\.body) == blob.bytes)
                #expect(server.tokens == tokens)
            }
        }
    }
}
