// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Glibc
import OCI
import OCIContent
import OCITestKit
import Testing

@testable import OCILayout

@Suite struct LayoutStoreTests {
    @Test func `a store keeps all promises of an endpoint, also when they are asked for again`() async throws {
        try await withStore { store, _ in
            for _ in 0..<2 {
                for promise in EndpointConformance.promises { try await EndpointConformance(of: store).check(promise) }
            }
        }
    }

    @Test func `two stores on one folder keep all promises, one read and the other written`() async throws {
        try await withStore { store, folder in
            try await withStore(in: folder) { other in
                for promise in EndpointConformance.promises {
                    try await EndpointConformance(makeSource: { other }, makeSink: { store }).check(promise)
                }
            }
        }
    }

    @Test func `a store keeps all promises where files have no second name`() async throws {
        let folder = try TemporaryFolder()
        let observer: FileStep.Observer = { step in
            if case .link(_, let path) = step { throw StoreError.system(.link, path: path, errno: EMLINK) }
        }
        try await withStore(in: folder, observer: observer) { store in
            for promise in EndpointConformance.promises { try await EndpointConformance(of: store).check(promise) }
            #expect(try await StoreCheck(of: store).run().isSound)
            #expect(folder.files("uploads").isEmpty)
        }
    }

    @Test func `a store whose indexes are let go all the time keeps all promises`() async throws {
        let folder = try TemporaryFolder()
        let store = try await LayoutStore.open(at: folder.path, maximumStates: 1, observer: nil)
        for promise in EndpointConformance.promises { try await EndpointConformance(of: store).check(promise) }
        #expect(store.states.count == 1)
        try await store.shutdown()
    }
}
