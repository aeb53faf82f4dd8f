// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Writes the bytes of a reading behind those that are kept, while the next ones arrive; at most one write is under way.
///
/// Nothing that goes wrong here is an error: then nothing more is kept.
struct SpoolWriter {
    private let reading: SpoolFolder.Reading
    /// Where the gathered bytes belong.
    private var position: Int64
    /// A copy, because a small buffer of a connection can hold on to a large one.
    private var gathered = ByteBuffer()
    private var work: FileWork<Bool>?
    private var isOver = false

    /// Begins behind the bytes that the reading found.
    init(_ reading: SpoolFolder.Reading) {
        self.reading = reading
        position = reading.length
    }

    /// Takes bytes; they are written half a mebibyte at a time.
    mutating func take(_ buffer: ByteBuffer) async {
        var rest = buffer
        while !isOver, rest.readableBytes > 0 {
            if gathered.capacity == 0 { gathered.reserveCapacity(StoreFiles.chunkSize) }
            let room = StoreFiles.chunkSize - gathered.readableBytes
            guard let part = rest.readSlice(length: min(room, rest.readableBytes)) else { return }
            gathered.writeImmutableBuffer(part)
            if gathered.readableBytes == StoreFiles.chunkSize { await start() }
        }
    }

    /// Writes what is left.
    mutating func finish() async {
        if gathered.readableBytes > 0 { await start() }
        await settle()
    }

    private mutating func start() async {
        await settle()
        guard !isOver else { return }
        let (bytes, offset) = (gathered, position)
        gathered = ByteBuffer()
        position += Int64(bytes.readableBytes)
        // The reading is held until the bytes are written, and with it the lock of the file.
        work = FileWork(on: reading.files) { [reading] in reading.file.append(bytes, at: offset, reading.turn) }
    }

    private mutating func settle() async {
        guard let work else { return }
        self.work = nil
        guard (try? await work.value) != true else { return }
        isOver = true
        gathered = ByteBuffer()
    }
}
