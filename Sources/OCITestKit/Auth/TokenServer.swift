// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A scripted token server, whose tokens a real registry verifies (distribution, "Token Authentication").
public final class TokenServer: Sendable {
    /// The difference of clocks that docker-registry puts up with, in seconds: it accepts a token for so long after its end.
    public static let registryLeeway = 60

    private let desk: TokenDesk
    private let directory: String
    /// The server beneath, with its connections and whole requests.
    public let peer: ScriptedPeer

    private init(desk: TokenDesk, directory: String, peer: ScriptedPeer) {
        self.desk = desk
        self.directory = directory
        self.peer = peer
    }

    /// Starts a server.
    /// - Parameters:
    ///   - behaviour: How it answers, at first.
    ///   - address: A loopback address; another one than `127.0.0.1` is another host than that of the registry.
    /// - Throws: ``ToolFailure`` if the key cannot be made.
    public static func start(
        _ behaviour: Behaviour = Behaviour(),
        service: String = "registry.test",
        issuer: String = "token server of a test",
        address: String = "127.0.0.1"
    ) async throws -> TokenServer {
        let directory = FileManager.default.temporaryDirectory.path + "/token-server-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        do {
            let signer = try await TokenSigner.make(in: directory)
            let desk = TokenDesk(service: service, issuer: issuer, signer: signer, behaviour: behaviour)
            let peer = try await ScriptedPeer.start(address: address) { desk.answer($0) }
            return TokenServer(desk: desk, directory: directory, peer: peer)
        } catch {
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
    }

    /// What the registry is called that the tokens are for.
    public var service: String { desk.service }
    /// What the server calls itself in its tokens.
    public var issuer: String { desk.issuer }
    /// The key that tokens are signed with; use it for tokens that the server would not make.
    public var signer: TokenSigner { desk.signer }

    /// The address and port, as they stand in a URL.
    public var host: String { peer.host }
    /// The port.
    public var port: Int { peer.port }
    /// The address of the server, as a challenge names it.
    public var realm: String { "http://\(host)/token" }
    /// What a registry must be told to accept the tokens.
    public var authentication: DockerRegistry.Authentication { authentication(realm: realm) }

    /// What a registry must be told if it is to send its clients to another address, such as that of a TLS front.
    public func authentication(realm: String) -> DockerRegistry.Authentication {
        .token(realm: realm, service: service, issuer: issuer, rootCertificate: signer.certificate)
    }

    /// How the server answers.
    public var behaviour: Behaviour { desk.behaviour }

    /// Changes how the server answers, from the next request on.
    public func change(_ body: (inout Behaviour) -> Void) { desk.change(body) }

    /// What was asked so far, or since the last ``reset()``, in the order of the answers.
    public var requests: [TokenRequest] { desk.requests }

    /// Forgets the requests.
    public func reset() { desk.reset() }

    /// Stops listening and removes the key.
    public func stop() async {
        await peer.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A token as the server would make it, for a registry that is asked directly.
    /// - Parameter life: How many seconds from now on the registry accepts it; a negative number for one that is over.
    public func token(_ access: [TokenScope], user: String = "", life: Int = 300, service: String? = nil) throws
        -> String
    {
        try desk.token(access, user: user, life: life, service: service)
    }
}

/// Runs a token server for as long as `body` runs.
public func withTokenServer<Value: Sendable>(
    _ behaviour: TokenServer.Behaviour = TokenServer.Behaviour(),
    service: String = "registry.test",
    address: String = "127.0.0.1",
    _ body: (TokenServer) async throws -> Value
) async throws -> Value {
    let server = try await TokenServer.start(behaviour, service: service, address: address)
    do {
        let value = try await body(server)
        await server.stop()
        return value
    } catch {
        await server.stop()
        throw error
    }
}
