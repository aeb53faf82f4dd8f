// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCIRegistry
import OCITestKit
import Synchronization
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct CanaryTests {
        private static let ann = Person(name: "ann", password: "canary p@ss/wörd?1")
        private static let bob = Person(name: "bob", password: "canary+other&2")
        private static let signature = "canary%2Fsignature%3D3"

        /// Runs of the program, and all that was seen of them.
        private final class Runs: Sendable {
            let home: Home
            private let seen = Mutex<[(command: String, text: String)]>([])

            init(home: Home) { self.home = home }

            /// Runs the program, and looks at how it is shown to everybody on the machine while it runs.
            @discardableResult
            func run(_ arguments: String..., input: String = "") async throws -> ChildProcess.Result {
                let child = try await home.start(arguments, input: input)
                var commandLine = ""
                repeat {
                    commandLine += (try? String(contentsOfFile: "/proc/\(child.pid)/cmdline", encoding: .utf8)) ?? ""
                    try await Task.sleep(for: .milliseconds(20))
                } while child.isRunning
                let result = await child.wait()
                // Small commands may be over before they are looked at.
                #expect(commandLine.contains("copy") || arguments[0] != "copy")
                seen.withLock {
                    $0.append((arguments.joined(separator: " "), commandLine))
                    $0.append((arguments.joined(separator: " "), result.outputText + result.errorText))
                }
                return result
            }

            /// Checks that no secret is in anything that was seen.
            func expectNone(of canaries: Canaries) {
                for (command, text) in seen.withLock({ $0 }) {
                    let found = canaries.found(in: text)
                    #expect(found.isEmpty, "mirror \(command): \(found): \(text)")
                }
                let inFiles = canaries.found(below: home.directory, but: home.credentialFile)
                #expect(inFiles.isEmpty, "\(inFiles)")
            }
        }

        @Test func `K01, K02, K03: no secret is in anything that a run prints, keeps or shows of itself`() async throws
        {
            let canaries = Canaries()
            for text in [Self.ann.password, Self.bob.password, Self.signature, "canary-wrong-4", "canary-token-5"] {
                canaries.add(text)
            }
            let image = try await BuiltImage.random(seed: 1)
            let mood = Mutex(Mood.usual)
            try await withTokenServer(.init(users: [Self.bob.name: Self.bob.password])) { server in
                try await withStore(of: image, mood: { mood.withLock { $0 } }) { store in
                    try await withRegistries(server, image) { source, destination in
                        try await withCountingProxy(port: source.port) { request in
                            canaries.take(request)
                            let path = request.path
                            guard mood.withLock({ $0 }) != .usual, request.method == "GET", path.contains("/blobs/")
                            else { return .pass }
                            let query = "X-Amz-Credential=key&X-Amz-Signature=\(Self.signature)"
                            let digest = path.split(separator: "/").last ?? ""
                            return .reply(307, headers: [("Location", "http://\(store.host)/\(digest)?\(query)")])
                        } _: { front in
                            try await withCountingProxy(port: destination.port) { request in
                                canaries.take(request)
                                let isRefused = mood.withLock { $0 } == .uploadsRefused && request.method == "PUT"
                                return isRefused ? .reply(403) : .pass
                            } _: { back in
                                try await withHome { home in
                                    let runs = Runs(home: home)
                                    try await run(runs, front.host, back.host, server) { new in
                                        mood.withLock { $0 = new }
                                    }
                                    for request in server.peer.requests { canaries.take(request) }
                                    // Passwords, what was sent for them, tokens with their parts, addresses of uploads.
                                    #expect(canaries.count > 20)
                                    let kept = try String(contentsOfFile: home.credentialFile, encoding: .utf8)
                                    #expect(canaries.found(in: kept).count >= 2, "the search finds what is there")
                                    #expect(!store.requests.isEmpty)
                                    runs.expectNone(of: canaries)
                                }
                            }
                        }
                    }
                }
            }
        }

        /// What the registries do at the moment.
        private enum Mood {
            case usual
            /// Blobs of the source are elsewhere.
            case blobsElsewhere
            /// They are elsewhere, and refused there.
            case blobsRefused
            /// Blobs are elsewhere, and the destination refuses them.
            case uploadsRefused
        }

        private func run(
            _ runs: Runs,
            _ source: String,
            _ destination: String,
            _ server: TokenServer,
            _ become: (Mood) -> Void
        ) async throws {
            let image = "\(source)/team/app:1"
            func login(_ host: String, _ user: String, _ password: String) async throws -> ChildProcess.Result {
                try await runs.run("login", host, "-u", user, "--password-stdin", input: password)
            }
            for host in [source, destination] {
                #expect(try await login(host, "ann", "canary-wrong-4").ending == .exited(69))
            }
            #expect(try await runs.run("copy", "--verbose", image, "\(destination)/zero").ending != .exited(0))
            #expect(try await login(source, Self.ann.name, Self.ann.password).succeeded)
            #expect(try await login(destination, Self.bob.name, Self.bob.password).succeeded)
            for place in [source, "\(source)/team/app", "\(destination)/one"] {
                #expect(try await runs.run("auth", "doctor", place).succeeded)
            }
            #expect(try await runs.run("copy", "--verbose", "--dry-run", image, "\(destination)/one").succeeded)
            let verbose = try await runs.run("copy", "--verbose", image, "\(destination)/one")
            #expect(verbose.succeeded, "\(verbose.errorText)")
            #expect(verbose.errorText.contains("destination: PUT http://\(destination)/v2/one/blobs/uploads/"))
            #expect(verbose.errorText.contains("http://\(server.host)/token"), "\(verbose.errorText)")
            #expect(try await runs.run("copy", "--verbose", "--format", "json", image, "\(destination)/two").succeeded)

            become(.blobsElsewhere)
            let led = try await runs.run("copy", "--verbose", "\(source)/team/web:1", "\(destination)/three")
            #expect(led.succeeded, "\(led.errorText)")
            become(.blobsRefused)
            for format in ["text", "json"] {
                let refused = try await runs.run(
                    "copy",
                    "--verbose",
                    "--format",
                    format,
                    "\(source)/team/new:1",
                    "\(destination)/four"
                )
                #expect(refused.ending == .exited(1))
                #expect((refused.errorText + refused.outputText).contains("answered 403"), "\(refused.errorText)")
            }
            become(.uploadsRefused)
            #expect(
                try await runs.run("copy", "--verbose", "\(source)/team/new:1", "\(destination)/five").ending
                    == .exited(1)
            )
            become(.usual)
            server.change { $0.constantMisbehaviour = .reply(.text(200, #"{"tokn":"canary-token-5"}"#)) }
            #expect(try await runs.run("copy", "--verbose", image, "\(destination)/six").ending != .exited(0))
            server.change { $0.constantMisbehaviour = .refuse(403) }
            #expect(try await runs.run("auth", "doctor", "\(destination)/six").ending == .exited(69))
            #expect(try await runs.run("logout", destination).succeeded)
        }

        private func withRegistries(
            _ server: TokenServer,
            _ image: BuiltImage,
            _ body: (DockerRegistry, DockerRegistry) async throws -> Void
        ) async throws {
            try await withDockerRegistry(authentication: .htpasswd([Self.ann.name: Self.ann.password])) { source in
                for name in ["team/app:1", "team/web:1"] { try await put(image, name, into: source.host, as: Self.ann) }
                try await put(BuiltImage.random(seed: 2), "team/new:1", into: source.host, as: Self.ann)
                try await withDockerRegistry(authentication: server.authentication) { try await body(source, $0) }
            }
        }

        /// A place for blobs as object stores are: it repeats in its refusals what it was sent.
        private func withStore(
            of image: BuiltImage,
            mood: @escaping @Sendable () -> Mood,
            _ body: (ScriptedPeer) async throws -> Void
        ) async throws {
            try await withScriptedPeer(address: "127.0.0.2") { request in
                let blob = image.blobs.first { request.path == "/\($0.descriptor.digest)" }
                guard mood() == .blobsElsewhere, let blob else {
                    let code = "<Code>SignatureDoesNotMatch</Code>"
                    let given = "<SignatureProvided>\(request.query("X-Amz-Signature") ?? "")</SignatureProvided>"
                    return .text(403, "<Error>\(code)\(given)</Error>", contentType: "application/xml")
                }
                return PeerReply(body: .bytes(blob.bytes))
            } _: {
                try await body($0)
            }
        }

        @Test func `K01: no option takes a secret`() async throws {
            try await withHome { home in
                for words in [
                    ["login", "a.test", "-u", "ann", "--password", "canary-1"], ["login", "a.test", "-p", "canary-1"],
                    ["login", "a.test", "-u", "ann", "--password=canary-1"],
                    ["copy", "--src-creds", "ann:canary-1", "a", "b"],
                    ["login", "a.test", "--password-stdin"],
                ] {
                    let result = try await home.start(words, input: "canary-1").wait()
                    #expect(result.ending == .exited(64), "\(words): \(result.errorText)")
                    #expect(!(result.errorText + result.outputText).contains("canary"), "\(result.errorText)")
                }
            }
        }

        @Test func `K02: a password that is written into an address or a name is not repeated`() async throws {
            try await withHome { home in
                let file = try home.configure(
                    """
                    "ann:canary-1@a.test": {}
                    b.test: {upload-hosts: ["ann:canary-1@c.test"]}
                    """
                )
                for words in [
                    ["copy", "https://ann:canary-1@a.test/b", "c.test/d"],
                    ["copy", "b.test/a", "https://ann:canary-1@a.test/b"],
                    ["copy", "ann:canary-1@a.test/b", "c.test/d"], ["copy", "https://ann:canary-1@a.test", "c.test/d"],
                    ["copy", "ann:canary-1@a.test:5000/b:1", "c.test/d"], ["login", "ann:canary-1@a.test"],
                    ["login", "https://ann:canary-1@a.test/", "-u", "ann", "--password-stdin"],
                    ["logout", "ann:canary-1@a.test"], ["auth", "doctor", "ann:canary-1@a.test"],
                    ["auth", "doctor", "https://ann:canary-1@a.test/b"],
                    ["auth", "doctor", "--config", file, "a.test"],
                ] {
                    let result = try await home.start(words, input: "x").wait()
                    #expect([.exited(64), .exited(78)].contains(result.ending), "\(words): \(result.errorText)")
                    #expect(!result.errorText.isEmpty)
                    #expect(!(result.errorText + result.outputText).contains("canary"), "\(result.errorText)")
                }
            }
        }

        @Test func `K07: a crash in the middle of a run tells no secret`() async throws {
            let canaries = Canaries()
            canaries.add(Self.ann.password)
            try await withScriptedPeer { request in
                canaries.take(request)
                guard request.header("authorization") == nil else {
                    return PeerReply().failing(.hang(afterBodyBytes: nil))
                }
                return PeerReply(401, headers: [("WWW-Authenticate", #"Basic realm="x""#)])
            } _: { peer in
                try await withHome { home in
                    try home.keep(Self.ann.name, Self.ann.password, for: peer.host)
                    let report = "\(home.directory)/crash"
                    let program = try await home.with("SWIFT_BACKTRACE", "enable=yes,output-to=\(report)")
                        .start(["copy", "--verbose", "\(peer.host)/a:1", "\(peer.host)/b"])
                    while program.isRunning, !peer.requests.contains(where: { $0.header("authorization") != nil }) {
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    // The report of a crash, with what the processor was at, is written before the signal takes effect.
                    program.send(SIGABRT)
                    let deadline = ContinuousClock.now + .seconds(10)
                    func crash() -> String { (try? String(contentsOfFile: report, encoding: .utf8)) ?? "" }
                    while program.isRunning, ContinuousClock.now < deadline, !crash().contains("Backtrace took") {
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    program.send(SIGKILL)
                    let result = await program.wait()
                    #expect(crash().contains("Program crashed"), "\(result.errorText)")
                    #expect(canaries.count == 2)
                    #expect(canaries.found(in: result.outputText + result.errorText).isEmpty, "\(result.errorText)")
                    #expect(canaries.found(below: home.directory, but: home.credentialFile).isEmpty)
                }
            }
            let credential = Credential(.password(username: "ann", Secret("canary-1")), origin: "a test")
            var text = "\(credential) \(String(reflecting: credential))"
            dump(credential, to: &text)
            #expect(!text.contains("canary"), "\(text)")
        }
    }
}
