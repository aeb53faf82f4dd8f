// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import OCITestKit
import Testing

extension EndToEnd {
    @Suite(.serialized)
    struct LoginTests {
        /// skopeo, as the user of a home.
        private func skopeo(_ home: Home, _ arguments: [String]) async throws -> ChildProcess.Result {
            let options = ["--insecure-policy", "--authfile", home.credentialFile, "--tls-verify=false"]
            let words = [options[0], arguments[0]] + options[1...] + arguments[1...]
            return try await ChildProcess.run("skopeo", words, environment: home.environment)
        }

        @Test func `K04: login keeps a good credential where docker's tools find it, for the user's eyes only`()
            async throws
        {
            let ann = Person(name: "ann", password: "a b:ü")
            try await withDockerRegistry(authentication: .htpasswd([ann.name: ann.password])) { registry in
                try await put(BuiltImage.random(seed: 1), "team/app:1", into: registry.host, as: ann)
                try await withHome { home in
                    let result = try await home.login(registry.host, ann.name, "\(ann.password)\n")
                    #expect(result.ending == .exited(0), "\(result.errorText)")
                    #expect(
                        result.outputText
                            == "Login succeeded for \(registry.host); credentials are in \(home.credentialFile)\n"
                    )
                    #expect(result.errorText == "")
                    #expect(home.mode(of: home.credentialFile) == 0o600)
                    #expect(home.mode(of: "\(home.directory)/docker") == 0o700)
                    let inspect = try await skopeo(home, ["inspect", "docker://\(registry.host)/team/app:1"])
                    #expect(inspect.succeeded, "\(inspect.errorText)")
                    let known = try await skopeo(home, ["login", "--get-login", registry.host])
                    #expect(known.outputText == "ann\n", "\(known.errorText)")
                }
            }
        }

        @Test func `login uses what skopeo has written, and keeps what it does not know`() async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "1", "bob": "2"])) { registry in
                try await withHome { home in
                    let login = try await ChildProcess.run(
                        "skopeo",
                        [
                            "login", "--authfile", home.credentialFile, "--tls-verify=false", "-u", "ann",
                            "--password-stdin", registry.host,
                        ],
                        environment: home.environment,
                        input: Array("1".utf8)
                    )
                    #expect(login.succeeded, "\(login.errorText)")
                    let doctor = try await home.run("auth", "doctor", registry.host)
                    #expect(doctor.outputText.contains("user ann, from \(home.credentialFile)"), "\(doctor.outputText)")
                    var text = try String(contentsOfFile: home.credentialFile, encoding: .utf8)
                    text = text.replacing(
                        "\"auths\": {",
                        with: #""psFormat": "x", "auths": {"other.test":{"auth":"eDp5"},"#
                    )
                    try home.write(text, to: "docker/config.json")
                    #expect(try await home.login(registry.host, "bob", "2").succeeded)
                    text = try String(contentsOfFile: home.credentialFile, encoding: .utf8)
                    #expect(text.contains("eDp5"))
                    #expect(text.contains("psFormat"))
                    let after = try await home.run("auth", "doctor", registry.host)
                    #expect(after.outputText.contains("user bob, from \(home.credentialFile)"), "\(after.outputText)")
                }
            }
        }

        @Test func `a wrong password is refused, and nothing is written`() async throws {
            try await withTokenServer(.init(users: ["ann": "right"])) { server in
                try await withDockerRegistry(authentication: .htpasswd(["ann": "right"])) { basic in
                    try await withDockerRegistry(authentication: server.authentication) { bearer in
                        try await withHome { home in
                            for (host, reason) in [
                                (basic.host, "the registry answered 401"),
                                (bearer.host, "its token server http://\(server.host) answered 401"),
                            ] {
                                let result = try await home.login(host, "ann", "wrong-one")
                                #expect(result.ending == .exited(69))
                                #expect(
                                    result.errorText.contains("error: cannot sign in to \(host): \(reason)"),
                                    "\(result.errorText)"
                                )
                                #expect(result.errorText.contains("hint: check the user name and the password"))
                                #expect(!(result.errorText + result.outputText).contains("wrong-one"))
                                #expect(home.mode(of: home.credentialFile) == nil)
                                let good = try await home.login(host, "ann", "right")
                                #expect(good.ending == .exited(0), "\(good.errorText)")
                                #expect(try await home.run("logout", host).succeeded)
                                try FileManager.default.removeItem(atPath: home.credentialFile)
                            }
                            let empty = try await home.login(basic.host, "ann", "")
                            #expect(empty.ending == .exited(64))
                            #expect(empty.errorText.contains("the password is empty"), "\(empty.errorText)")
                            #expect(home.mode(of: home.credentialFile) == nil)
                        }
                    }
                }
            }
        }

        @Test func `copies between registries with passwords by what login has kept, until logout`() async throws {
            let (ann, bob) = (Person(name: "ann", password: "1"), Person(name: "bob", password: "2"))
            try await withDockerRegistry(authentication: .htpasswd(["ann": "1"])) { source in
                try await withDockerRegistry(authentication: .htpasswd(["bob": "2"])) { destination in
                    let image = try await BuiltImage.random(seed: 1)
                    for name in ["team/app:1", "team/app:2", "team/web:1"] {
                        try await put(image, name, into: source.host, as: ann)
                    }
                    try await withHome { home in
                        let arguments = ["copy", "\(source.host)/", "\(destination.host)/"]
                        let before = try await home.start(arguments).wait()
                        #expect(before.ending == .exited(69))
                        #expect(
                            before.errorText.contains("mirror login \(source.host) changes it"),
                            "\(before.errorText)"
                        )
                        #expect(try await home.login(source.host, "ann", "1").succeeded)
                        #expect(try await home.login(destination.host, "bob", "2").succeeded)
                        let copy = try await home.start(arguments).wait()
                        #expect(copy.ending == .exited(0), "\(copy.errorText)")
                        #expect(copy.outputText.contains("done: 3 published"), "\(copy.outputText)")
                        for name in ["team/app:1", "team/app:2", "team/web:1"] {
                            let copied = try await digest(of: name, in: destination.host, as: bob)
                            #expect(copied == image.manifest.descriptor.digest)
                        }
                        let logout = try await home.run("logout", destination.host)
                        #expect(
                            logout.outputText
                                == "Removed the credentials for \(destination.host) from \(home.credentialFile)\n"
                        )
                        let text = try String(contentsOfFile: home.credentialFile, encoding: .utf8)
                        #expect(!text.contains(destination.host))
                        #expect(text.contains(source.host))
                        let after = try await home.start(arguments).wait()
                        #expect(after.ending == .exited(69) || after.ending == .exited(1))
                        #expect(after.errorText.contains("mirror login \(destination.host)"), "\(after.errorText)")
                        let again = try await home.run("logout", destination.host)
                        #expect(again.outputText.hasPrefix("There were no credentials for \(destination.host)"))
                    }
                }
            }
        }

        @Test func `copies between registries of one token server, with scopes and mounts`() async throws {
            let ann = Person(name: "ann", password: "1")
            try await withTokenServer(.init(users: ["ann": "1"])) { server in
                try await withDockerRegistry(authentication: server.authentication) { source in
                    try await withDockerRegistry(authentication: server.authentication) { destination in
                        let image = try await BuiltImage.random(seed: 1)
                        for name in ["team/app:1", "team/web:1"] {
                            try await put(image, name, into: source.host, as: ann)
                        }
                        try await withHome { home in
                            for host in [source.host, destination.host] {
                                #expect(try await home.login(host, "ann", "1").succeeded)
                            }
                            server.reset()
                            let copy = try await home.run("copy", "\(source.host)/", "\(destination.host)/new")
                            #expect(copy.ending == .exited(0), "\(copy.errorText)")
                            // The second repository has its blobs by mounts, for which its token must allow to read the first.
                            #expect(copy.outputText.contains("3 copied"), "\(copy.outputText)")
                            #expect(copy.outputText.contains("3 mounted"), "\(copy.outputText)")
                            let scopes = Set(server.requests.flatMap(\.granted).map(\.description))
                            #expect(scopes.contains("registry:catalog:*"), "\(scopes)")
                            #expect(scopes.contains("repository:team/app:pull"), "\(scopes)")
                            #expect(!scopes.contains { $0.hasPrefix("repository:team/") && $0.contains("push") })
                            #expect(server.requests.allSatisfy { $0.user == "ann" && $0.service == "registry.test" })
                        }
                    }
                }
            }
        }

        @Test func `login says where an older credential comes before the new one`() async throws {
            try await withDockerRegistry(authentication: .htpasswd(["ann": "1"])) { registry in
                try await withHome { home in
                    try home.keep("bob", "2", for: registry.host, in: "other.json")
                    let home = home.with("REGISTRY_AUTH_FILE", "\(home.directory)/other.json")
                    let result = try await home.login(registry.host, "ann", "1")
                    #expect(result.ending == .exited(0))
                    #expect(
                        result.errorText.contains("warning: \(home.directory)/other.json has credentials"),
                        "\(result.errorText)"
                    )
                }
            }
        }

        @Test func `K04: a file of credentials that others can read is warned of`() async throws {
            try await withDockerRegistry { registry in
                try await withHome { home in
                    try home.keep("ann", "1", for: "other.test")
                    func doctor() async throws -> String {
                        try await home.run("auth", "doctor", registry.host).errorText
                    }
                    #expect(try await doctor() == "")
                    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: home.credentialFile)
                    let text = try await doctor()
                    #expect(text.contains("warning: \(home.credentialFile) holds secrets"), "\(text)")
                    #expect(text.contains("chmod 600 \(home.credentialFile)"))
                    let copy = try await home.run("copy", "\(registry.host)/", "\(registry.host)/x")
                    #expect(copy.errorText.contains("warning: \(home.credentialFile) holds secrets"))
                }
            }
        }
    }
}
