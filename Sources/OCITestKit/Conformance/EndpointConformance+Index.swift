// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

extension EndpointConformance {
    /// What can be asked, and what is answered where nothing is.
    static let indexPromises = [
        Promise("a repository that does not exist has no tags") { trial in
            try trial.expect(try await trial.source.tags().all().isEmpty, "the source lists some")
            try trial.expect(try await trial.sink.tags().all().isEmpty, "the sink lists some")
        },
        Promise("what is not there resolves to nil, in a repository that exists or not") { trial in
            let missing = trial.blob(1).descriptor.digest
            for _ in 0..<2 {
                for target in [Target.tag(.latest), .digest(missing)] {
                    try trial.expect(try await trial.source.resolve(target) == nil, "\(target) resolves")
                    try trial.expect(try await trial.sink.resolve(target) == nil, "\(target) resolves in the sink")
                }
                try await trial.image().write(to: trial.sink, as: try TagName("other"))
            }
        },
        Promise("what is not there has no document, in a repository that exists or not") { trial in
            let missing = trial.blob(1).descriptor.digest
            for _ in 0..<2 {
                for target in [Target.tag(.latest), .digest(missing)] {
                    try trial.expect(try await trial.source.document(at: target) == nil, "\(target) has one")
                }
                try await trial.image().write(to: trial.sink, as: try TagName("other"))
            }
        },
        Promise("a blob that was never written is not contained") { trial in
            let blob = trial.blob(1).descriptor
            try trial.expect(try await !trial.sink.contains(blob), "a repository that does not exist contains it")
            _ = try await trial.sink.write(trial.content(trial.blob()), heldBy: nil)
            try trial.expect(try await !trial.sink.contains(blob), "a repository with another blob contains it")
        },
        Promise("the tags that were published are listed, each once") { trial in
            let image = try await trial.image()
            let tags = try ["v1", "v1.0", "V1", "_x", "latest"].map { try TagName($0) }
            for tag in tags { try await image.write(to: trial.sink, as: tag) }
            let entries = try await trial.source.tags().all()
            try trial.expect(entries.map(\.tag).sorted() == tags.sorted(), "listed: \(entries.map(\.tag.text))")
            for digest in entries.compactMap(\.digest) {
                try trial.expect(digest == image.manifest.descriptor.digest, "listed with \(digest)")
            }
        },
        Promise("a repository with a tag is in the catalog") { trial in
            guard trial.abilities.listsCatalog else { return }
            try await trial.image().write(to: trial.sink, as: .latest)
            let names = try await trial.sourceEndpoint.catalog().all()
            try trial.expect(names.count { $0 == trial.name } == 1, "not listed, or not once")
        },
        Promise("a listing that is cancelled throws, rather than look complete") { trial in
            try await trial.image().write(to: trial.sink, as: .latest)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask {
                    try await trial.expectThrow("the tags look complete") { _ = try await trial.source.tags().all() }
                    try await trial.expectThrow("the catalog looks complete") {
                        _ = try await trial.sourceEndpoint.catalog().all()
                    }
                }
                try await group.waitForAll()
            }
        },
    ]
}
