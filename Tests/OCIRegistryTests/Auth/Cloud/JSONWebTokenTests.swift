// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import CryptoExtras
import Foundation
import OCI
import OCITestKit
import Testing

@testable import OCIRegistry

@Suite struct JSONWebTokenTests {
    private struct Claims: Decodable, Equatable {
        let iss: String
        let exp: Int
    }

    @Test func `a signature is one that openssl accepts, and not for other words`() async throws {
        try await CloudScene.with { scene in
            let made = try await ChildProcess.run("openssl", ["genrsa", "-out", scene.path("key.pem"), "2048"])
            #expect(made.succeeded, "\(made.errorText)")
            let arguments = ["rsa", "-in", scene.path("key.pem"), "-pubout", "-out", scene.path("public.pem")]
            #expect(try await ChildProcess.run("openssl", arguments).succeeded)
            let pem = try String(contentsOfFile: scene.path("key.pem"), encoding: .utf8)
            let token = try JSONWebToken.signed(
                [.init(key: "iss", value: .text("a \"quoted\" é")), .init(key: "exp", value: .scalar("42"))],
                by: _RSA.Signing.PrivateKey(pemRepresentation: pem),
                keyID: "key-1"
            )
            let parts = token.exposed.split(separator: ".")
            #expect(parts.count == 3)
            let header = try #require(Base64URL.decoded(parts[0]))
            #expect(String(decoding: header, as: UTF8.self) == #"{"alg":"RS256","typ":"JWT","kid":"key-1"}"#)
            #expect(JSONWebToken.claims(Claims.self, of: token) == Claims(iss: "a \"quoted\" é", exp: 42))
            try Data(try #require(Base64URL.decoded(parts[2]))).write(to: scene.folder.appending(path: "signature"))
            for (text, isRight) in [("\(parts[0]).\(parts[1])", true), ("\(parts[0]).\(parts[1])x", false)] {
                let result = try await ChildProcess.run(
                    "openssl",
                    ["dgst", "-sha256", "-verify", scene.path("public.pem"), "-signature", scene.path("signature")],
                    input: Array(text.utf8)
                )
                #expect(result.succeeded == isRight, "\(result.outputText)")
            }
        }
    }

    @Test(arguments: ["", "a.b", "a.b.c", "e30.W10.x", "e30.eyJpc3MiOjF9.x", "e30.eyJpc3MiOiJhIiwiaXNzIjoiYiJ9.x"])
    func `what is no token, or says something else, or two things, has no claims`(_ text: String) {
        #expect(JSONWebToken.claims(Claims.self, of: Secret(text)) == nil)
    }

    @Test(arguments: [[], [0xFB, 0xFF], [0xFB, 0xFF, 0xFE], [1, 2, 3, 4]] as [[UInt8]])
    func `base64 for URLs has no padding and no signs that URLs use`(_ bytes: [UInt8]) {
        let text = Base64URL.encoded(bytes)
        #expect(!text.contains { "+/=".contains($0) })
        #expect(Base64URL.decoded(text) == bytes)
    }
}
