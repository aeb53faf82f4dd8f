// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

extension EndpointConformance {
    /// What becomes of blobs that are right.
    static let blobPromises = [
        Promise("a blob that was written is contained, and reads back whole") { trial in
            let blob = trial.blob()
            let arrival = try await trial.sink.write(trial.content(blob), heldBy: nil)
            try trial.expect(arrival == .copied, "it was \(arrival)")
            try trial.expect(try await trial.sink.contains(blob.descriptor), "the sink does not contain it")
            try trial.expect(try await trial.source.contains(blob.descriptor), "the source does not contain it")
            let stream = try await trial.source.blob(blob.descriptor, from: 0)
            try trial.expect(stream.range == 0..<blob.descriptor.size, "the stream has \(stream.range)")
            try trial.expect(try await trial.bytes(of: stream) == blob.bytes, "it reads back differently")
        },
        Promise("a blob reads from an offset, or from before it and says so") { trial in
            let blob = trial.blob()
            _ = try await trial.sink.write(trial.content(blob), heldBy: nil)
            for offset: Int64 in [1, 5000, 9999] {
                let stream = try await trial.source.blob(blob.descriptor, from: offset)
                try trial.expect(
                    stream.range.lowerBound <= offset && stream.range.upperBound == blob.descriptor.size,
                    "from \(offset) the stream has \(stream.range)"
                )
                let expected = blob.bytes[Int(stream.range.lowerBound)...]
                try trial.expect(try await trial.bytes(of: stream) == Array(expected), "from \(offset) it differs")
            }
        },
        Promise("a blob of no bytes can be written and read") { trial in
            let blob = BuiltBlob([])
            _ = try await trial.sink.write(trial.content(blob), heldBy: nil)
            try trial.expect(try await trial.sink.contains(blob.descriptor), "it is not contained")
            let stream = try await trial.source.blob(blob.descriptor, from: 0)
            try trial.expect(try await trial.bytes(of: stream).isEmpty, "it reads back with bytes")
        },
        Promise("a blob of some megabytes arrives byte by byte") { trial in
            let blob = trial.blob(size: (3 << 20) + 1)
            _ = try await trial.sink.write(trial.content(blob), heldBy: nil)
            let stream = try await trial.source.blob(blob.descriptor, from: 0)
            try trial.expect(try await trial.bytes(of: stream) == blob.bytes, "it reads back differently")
        },
        Promise("a blob that is there already is present, and is not read") { trial in
            guard trial.abilities.findsPresentBlobs else { return }
            let blob = trial.blob()
            _ = try await trial.sink.write(trial.content(blob), heldBy: nil)
            let unreadable = BuiltBlob([])
            let content = trial.content(unreadable, claiming: blob.descriptor, failure: BrokenPromise("it was read"))
            let arrival = try await trial.sink.write(content, heldBy: nil)
            try trial.expect(arrival == .present, "it was \(arrival)")
        },
        Promise("a blob of a sibling is mounted, and is not read") { trial in
            let blob = trial.blob()
            _ = try await trial.sibling.write(trial.content(blob), heldBy: nil)
            let arrival = try await trial.sink.write(
                trial.abilities.mounts
                    ? trial.content(BuiltBlob([]), claiming: blob.descriptor, failure: BrokenPromise("it was read"))
                    : trial.content(blob),
                heldBy: trial.siblingName
            )
            try trial.expect(arrival == .mounted || !trial.abilities.mounts, "it was \(arrival)")
            try trial.expect(try await trial.sink.contains(blob.descriptor), "it is not contained")
            let stream = try await trial.source.blob(blob.descriptor, from: 0)
            try trial.expect(try await trial.bytes(of: stream) == blob.bytes, "it reads back differently")
        },
        Promise("a blob is copied when the sibling does not have it after all") { trial in
            let blob = trial.blob()
            let arrival = try await trial.sink.write(trial.content(blob), heldBy: trial.siblingName)
            try trial.expect(arrival == .copied, "it was \(arrival)")
            try trial.expect(try await trial.sink.contains(blob.descriptor), "it is not contained")
        },
        Promise("a blob is in the repository that it was written to, and in no other") { trial in
            let blob = trial.blob()
            _ = try await trial.sibling.write(trial.content(blob), heldBy: nil)
            try trial.expect(try await !trial.sink.contains(blob.descriptor), "another repository contains it")
        },
        Promise("two writers of the same blob both succeed") { trial in
            let blob = trial.blob(size: 300_000)
            async let first = trial.sink.write(trial.content(blob), heldBy: nil)
            async let second = trial.sink.write(trial.content(blob), heldBy: nil)
            _ = try await (first, second)
            let stream = try await trial.source.blob(blob.descriptor, from: 0)
            try trial.expect(try await trial.bytes(of: stream) == blob.bytes, "it reads back differently")
        },
        Promise("reading a blob that is not there throws") { trial in
            try await trial.image().write(to: trial.sink, as: .latest)
            let missing = trial.blob(1).descriptor
            try await trial.expectThrow("it was read") {
                for try await _ in try await trial.source.blob(missing, from: 0) {}
            }
        },
    ]
}
