// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import OCIContent
import Testing

@Suite struct DigesterTests {
    static let empty256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    static let abc256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    static let million256 = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    static let empty512 =
        "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
    static let abc512 =
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

    @Test(
        arguments: [
            ("", .sha256, empty256), ("abc", .sha256, abc256), ("", .sha512, empty512), ("abc", .sha512, abc512),
        ] as [(String, Digest.Algorithm, String)]
    )
    func `computes the published vectors`(_ text: String, algorithm: Digest.Algorithm, hex: String) {
        let digest = Digester.digest(of: Array(text.utf8), algorithm: algorithm)
        #expect(digest.algorithm == algorithm)
        #expect(digest.hex == hex)
    }

    @Test(arguments: [63, 64, 65, 1000, 1_000_000])
    func `computes the same in pieces of any length`(_ length: Int) {
        var digester = Digester(.sha256)
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000)
        for start in stride(from: 0, to: bytes.count, by: length) {
            digester.update(ByteBuffer(bytes: bytes[start..<min(start + length, bytes.count)]))
        }
        #expect(digester.digest().hex == Self.million256)
    }

    @Test(arguments: Digest.Algorithm.allCases)
    func `can be asked in the middle and copied`(_ algorithm: Digest.Algorithm) {
        var digester = Digester(algorithm)
        #expect(digester.digest() == Digester.digest(of: [], algorithm: algorithm))
        digester.update(ByteBuffer(string: "ab"))
        var copy = digester
        copy.update(ByteBuffer(string: "x"))
        digester.update(ByteBuffer())
        digester.update(ByteBuffer(string: "c"))
        #expect(digester.digest() == Digester.digest(of: Array("abc".utf8), algorithm: algorithm))
        #expect(copy.digest() == Digester.digest(of: Array("abx".utf8), algorithm: algorithm))
    }

    @Test func `takes in only what is readable of a buffer`() {
        var buffer = ByteBuffer(string: "xxabc")
        buffer.moveReaderIndex(forwardBy: 2)
        var digester = Digester(.sha256)
        digester.update(buffer)
        #expect(digester.digest().hex == Self.abc256)
    }
}
