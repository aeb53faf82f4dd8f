// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import OCIRegistry
import OCITestKit
import Replication
import Synchronization

/// A double of Docker Hub by its addresses on this machine.
struct HubScene {
    let hub: HubDouble

    /// What a config file says of it.
    /// - Parameter more: Other keys, as `keep-pulls: 5`.
    func entry(_ more: String...) -> String {
        let keys = ["product: docker-hub", "api: http://\(hub.api.host)"] + more
        return "\"\(hub.host)\": {\(keys.joined(separator: ", "))}"
    }

    /// The library's view of it.
    func registry(
        clock: any Clock<Duration> = ContinuousClock(),
        credentials: any CredentialStore = CredentialStores([])
    ) throws -> RemoteRegistry {
        let api = RequestURL.Origin(scheme: .http, host: try RegistryHost(hub.api.host))
        return RemoteRegistry(
            host: try RegistryHost(hub.host),
            scheme: .http,
            access: RegistryAccess(credentials: credentials, api: api),
            product: .dockerHub,
            clock: clock
        )
    }

    /// How many requests were made to the origins, but for blobs.
    var requests: Int { hub.transcript.count { $0.role != .blobs } }

    /// The manifests that were fetched.
    var manifests: [HubDouble.Exchange] {
        hub.transcript.filter { $0.role == .registry && $0.method == "GET" && $0.path.contains("/manifests/") }
    }
}

/// Lends a double of Docker Hub.
func withHubScene<Value: Sendable>(
    of source: any SourceEndpoint,
    _ change: (inout HubDouble.Behaviour) -> Void = { _ in },
    _ body: (HubScene) async throws -> Value
) async throws -> Value {
    var behaviour = HubDouble.Behaviour()
    change(&behaviour)
    return try await withHubDouble(of: source, behaviour) { try await body(HubScene(hub: $0)) }
}

extension MemoryEndpoint {
    /// Puts an image for several platforms there.
    func addIndex(_ name: String, seed: UInt64, platforms: [String] = ["amd64", "arm64"]) async throws {
        let parts = name.split(separator: ":").map(String.init)
        let sink = self[try RepositoryName(parts[0])]
        var images: [(ManifestDocument, Platform)] = []
        for (place, architecture) in platforms.enumerated() {
            let platform = Platform(os: "linux", architecture: architecture)
            let image = try await BuiltImage.random(
                seed: seed * 10 + UInt64(place),
                layerSizes: [4096],
                platform: platform
            )
            try await image.write(to: sink)
            images.append((image.manifest, platform))
        }
        try await sink.publish(ImageBuilder.index(images), as: TagName(parts[1]))
    }
}

/// The events of a run.
final class RunLog: Sendable {
    private let state = Mutex<[RunEvent]>([])

    var events: [RunEvent] { state.withLock { $0 } }

    @Sendable func take(_ event: RunEvent) { state.withLock { $0.append(event) } }

    var published: Int { events.count { if case .published = $0 { true } else { false } } }
    var equal: Int { events.count { if case .equal = $0 { true } else { false } } }
    var postponed: [PullsUsedUp] {
        events.compactMap { if case .postponed(_, _, let shortage) = $0 { shortage } else { nil } }
    }
    var failures: [any Error] {
        events.compactMap {
            switch $0 {
            case .failed(_, _, let error), .routeFailed(_, let error): error
            default: nil
            }
        }
    }
}
