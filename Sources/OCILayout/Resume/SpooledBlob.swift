// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent

/// A part of a blob that is read from its spool file as far as that goes, and then from the place.
struct SpooledBlob {
    let descriptor: Descriptor
    let range: Range<Int64>
    let base: any ContentSource
    let reading: SpoolFolder.Reading

    /// The bytes, of which the first ones are kept; the place is asked when they have been read.
    func stream() -> ByteStream {
        ByteStream(range: range) {
            var cursor = Cursor(blob: self, position: range.lowerBound)
            return { try await cursor.next() }
        }
    }

    /// The bytes, of which none is kept, and which the place has begun to deliver.
    func stream(over base: ByteStream) -> ByteStream {
        // Bytes that do not follow what is kept are nothing for the file.
        guard base.range.lowerBound <= range.lowerBound else { return base }
        let rest = base.from(range.lowerBound)
        return ByteStream(range: rest.range) {
            var cursor = Cursor(blob: self, position: range.lowerBound, rest: rest)
            return { try await cursor.next() }
        }
    }

    /// How far the reading is.
    private struct Cursor {
        let blob: SpooledBlob
        /// The end of what is read from the file.
        private var fileEnd: Int64
        private var position: Int64
        private var rest: ByteStream.AsyncIterator?
        private var writer: SpoolWriter?

        init(blob: SpooledBlob, position: Int64, rest: ByteStream? = nil) {
            self.blob = blob
            self.position = position
            fileEnd = min(blob.reading.length, blob.range.upperBound)
            writer = SpoolWriter(blob.reading)
            self.rest = rest?.makeAsyncIterator()
        }

        mutating func next() async throws -> ByteBuffer? {
            while position < fileEnd {
                try Task.checkCancellation()
                if let buffer = await readFile() { return buffer }
            }
            if rest == nil {
                guard position < blob.range.upperBound else { return nil }
                rest = try await open().makeAsyncIterator()
            }
            do {
                let buffer = try await rest?.next()
                if let buffer { await writer?.take(buffer) } else { await writer?.finish() }
                return buffer
            } catch {
                // What has come is kept for whoever opens the blob again.
                await writer?.finish()
                throw error
            }
        }

        /// The next bytes of the file; `nil` if it fails, and all that follows comes from the place.
        private mutating func readFile() async -> ByteBuffer? {
            let (start, count) = (position, Int(min(fileEnd - position, Int64(StoreFiles.chunkSize))))
            let buffer = try? await blob.reading.files.run { [reading = blob.reading] in
                let buffer = try reading.file.file.readBuffer(count, at: start)
                // Something has cut it.
                if buffer.readableBytes < count { reading.file.remove() }
                return buffer
            }
            guard let buffer, buffer.readableBytes == count else {
                fileEnd = position
                writer = nil
                return nil
            }
            position += Int64(count)
            return buffer
        }

        private func open() async throws -> ByteStream {
            let rest = position..<blob.range.upperBound
            let stream = try await blob.base.blob(blob.descriptor, in: rest)
            guard stream.range.lowerBound <= position else {
                throw ContentError.tooShort(blob.descriptor.digest, expected: blob.descriptor.size, received: position)
            }
            return stream.from(position)
        }
    }
}

extension ByteStream {
    /// The stream without the bytes before an offset.
    fileprivate func from(_ offset: Int64) -> ByteStream {
        clipped(to: offset..<Swift.max(offset, range.upperBound))
    }
}
