// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCITestKit
import Synchronization

/// Secrets of a test, and a search for them in all that a program leaves behind.
final class Canaries: Sendable {
    private let secrets = Mutex<Set<String>>([])

    /// Takes a secret.
    func add(_ secret: String) { secrets.withLock { _ = $0.insert(secret) } }

    /// Takes what is secret in a request: what is shown to the server, and what an address carries.
    func take(_ request: PeerRequest) {
        if let header = request.header("authorization"), let space = header.firstIndex(of: " ") {
            let value = String(header[header.index(after: space)...])
            add(value)
            // The parts of a token are no less secret than the whole; its head says only how it is signed.
            for part in value.split(separator: ".").dropFirst() { add(String(part)) }
        }
        for name in ["_state", "X-Amz-Signature"] { request.query(name).map(add) }
    }

    var count: Int { secrets.withLock { $0.count } }

    /// The secrets that a text has in it, plain, percent-encoded or in base64.
    func found(in text: String) -> [String] {
        secrets.withLock { $0 }.filter { secret in Self.forms(of: secret).contains { text.contains($0) } }
    }

    /// The secrets in the files below a folder.
    /// - Parameter file: A file that has secrets rightfully.
    func found(below folder: String, but file: String) -> [String] {
        let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return names.map { "\(folder)/\($0)" }
            .filter { $0 != file }
            .flatMap { path in
                let content = FileManager.default.contents(atPath: path) ?? Data()
                return found(in: path + String(decoding: content, as: UTF8.self))
            }
    }

    private static func forms(of secret: String) -> Set<String> {
        var forms: Set<String> = [secret]
        for allowed in [CharacterSet.alphanumerics, .urlQueryAllowed, .urlPasswordAllowed] {
            secret.addingPercentEncoding(withAllowedCharacters: allowed).map { _ = forms.insert($0) }
        }
        // In base64, text looks different with each number of bytes before it, and at its ends with each neighbour.
        for offset in 0..<3 {
            let bytes = Array(repeating: UInt8(0), count: offset) + Array(secret.utf8)
            let encoded = Data(bytes).base64EncodedString().prefix { $0 != "=" }
            let middle = String(encoded.dropFirst(offset == 0 ? 0 : offset + 1).dropLast())
            forms.insert(middle)
            forms.insert(middle.replacing("+", with: "-").replacing("/", with: "_"))
        }
        return forms
    }
}
