// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
@testable import OCIRegistry
@testable import Replication
@testable import mirror

/// Values that tests of the output are made from.
enum Sample {
    /// A digest of 64 times the same hexadecimal digit.
    static func digest(_ digit: Int) -> Digest {
        Digest(algorithm: .sha256, hash: Array(repeating: UInt8(digit << 4 | digit), count: 32))
    }

    static func route(_ name: String = "team/app", to destination: String? = nil) throws -> Route {
        Route(source: try RepositoryName(name), destination: try RepositoryName(destination ?? name))
    }

    static func blob(_ digit: Int, size: Int64) -> Descriptor {
        Descriptor(mediaType: .ociLayerGzip, digest: digest(digit), size: size)
    }

    static func manifest(_ digit: Int) throws -> ManifestDocument {
        let text = """
            {"schemaVersion":2,"config":{"mediaType":"\(MediaType.ociConfig)","digest":"\(digest(digit))","size":2}}
            """
        return try ManifestDocument(bytes: Array(text.utf8), digest: digest(digit), contentType: nil)
    }

    static func plan(
        _ route: Route,
        tag: String? = "1",
        root: Int = 1,
        movedFrom old: Int? = nil,
        blobs: [Descriptor] = [],
        leftOut: [Descriptor] = []
    ) throws -> RootPlan {
        RootPlan(
            route: route,
            tag: try tag.map { try TagName($0) },
            change: old.map { .moved(from: digest($0)) } ?? .new,
            root: try manifest(root),
            children: [],
            blobs: blobs,
            leftOut: leftOut
        )
    }

    static func request(_ host: String, kind: RequestRecord.Kind = .other, milliseconds: Int = 10) -> RequestRecord {
        RequestRecord(
            kind: kind,
            method: "GET",
            url: "https://\(host)/v2/",
            host: host,
            status: 200,
            duration: .milliseconds(milliseconds)
        )
    }

    static func error(
        _ cause: RegistryError.Cause,
        action: RegistryError.Action = .readManifest,
        subject: String = "team/app:1",
        host: String = "registry.lan:5000",
        service: String? = nil
    ) throws -> RegistryError {
        RegistryError(
            action: action,
            subject: subject,
            host: try RegistryHost(host),
            cause: cause,
            retryAfter: nil,
            service: service
        )
    }

    /// Totals after some events.
    static func totals(_ events: [RunEvent]) -> RunTotals {
        var totals = RunTotals()
        for event in events { totals.take(event) }
        return totals
    }
}

/// Something else that went wrong.
struct Fault: Error, CustomStringConvertible {
    var description: String
}
