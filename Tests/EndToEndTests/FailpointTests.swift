// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

#if FAILPOINTS
import Foundation
import Glibc
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    /// The program is stopped at a named step, and run again.
    @Suite(.serialized)
    struct FailpointTests {
        @Test func `a step that is not known is refused before anything is done`() async throws {
            try await withHome { home in
                let result = try await home.with("MIRROR_FAILPOINT", "hint-apend:kill").run("config", "schema")
                #expect(result.ending == .exited(64))
                #expect(result.errorText.contains("hint-apend:kill is no failpoint"))
                #expect(result.output == [])
            }
        }

        @Test func `a run that is killed where it remembers is made up for by the next one`() async throws {
            try await withJobScene { scene in
                try await put(.tiny(1), ["app:1"], into: scene.a)
                let arguments = ["copy", "\(scene.a.host)/app:1", "\(scene.b.host)/app"]
                for time in 1...3 {
                    let armed = scene.home.with("MIRROR_FAILPOINT", "hint-append:kill:\(time)")
                    #expect(try await armed.start(arguments).wait().ending == .signalled(SIGKILL), "\(time)")
                    try scene.forget()
                }
                let result = try await scene.home.start(arguments).wait()
                #expect(result.succeeded, "\(result.errorText)")
                #expect(try await digest(of: "app:1", in: scene.b.host) == BuiltImage.tiny(1).digest)
            }
        }

        @Test func `what has come of a large blob before a kill is not fetched again`() async throws {
            try await withJobScene { scene in
                let image = try await BuiltImage.random(seed: 1, layerSizes: [80 << 20])
                try await put(image, ["app:1"], into: scene.a)
                let config = try scene.home.write("version: 1\nspool: always\n", to: "mirror.yaml")
                try await withCountingProxy(port: scene.a.port) { front in
                    let arguments = ["copy", "--config", config, "\(front.host)/app:1", "\(scene.b.host)/app"]
                    let killed = try await scene.home.with("MIRROR_FAILPOINT", "spool-append:kill:101").start(arguments)
                        .wait()
                    #expect(killed.ending == .signalled(SIGKILL))
                    front.reset()
                    let result = try await scene.home.start(arguments).wait()
                    #expect(result.succeeded, "\(result.errorText)")
                    // A hundred writes of half a mebibyte were made.
                    #expect(front.tally.responseBytes < 32 << 20, "\(front.tally)")
                }
                #expect(try await digest(of: "app:1", in: scene.b.host) == image.digest)
            }
        }
    }
}
#endif
