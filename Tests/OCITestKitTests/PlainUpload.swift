// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCITestKit
import Testing

/// An upload made by hand, request by request.
struct PlainUpload {
    let host: String
    /// Where the next request goes.
    var location: String
    /// The last answer.
    var reply: PlainHTTP.Reply

    init(_ host: String, _ repository: String = "a/b") async throws {
        self.host = host
        reply = try await PlainHTTP.request("POST", host, "/v2/\(repository)/blobs/uploads/")
        location = reply.header("location") ?? ""
    }

    /// Sends a chunk, and follows the answer if it is a success.
    @discardableResult
    mutating func patch(_ bytes: [UInt8], at offset: Int? = nil, unit: String = "") async throws -> Int {
        let range = offset.map { [(name: "Content-Range", value: "\(unit)\($0)-\($0 + bytes.count - 1)")] } ?? []
        reply = try await PlainHTTP.request("PATCH", host, location, fields: range, body: bytes)
        if reply.status < 300 { location = reply.header("location") ?? location }
        return reply.status
    }

    /// Ends the upload.
    mutating func put(_ digest: String, _ bytes: [UInt8] = []) async throws -> Int {
        let joint = location.contains("?") ? "&" : "?"
        reply = try await PlainHTTP.request("PUT", host, "\(location)\(joint)digest=\(digest)", body: bytes)
        return reply.status
    }

    /// Asks how far the upload is.
    mutating func status() async throws -> String {
        reply = try await PlainHTTP.request("GET", host, location)
        if reply.status == 204 { location = reply.header("location") ?? location }
        return "\(reply.status) \(reply.header("range") ?? "-")"
    }

    /// Sends the head of a chunk of 1000 bytes and some of its bytes, waits until these are there, and is gone.
    func cut(after count: Int, in registry: ProductRegistry) async throws {
        let before = registry.uploadBytes
        let client = try await RawConnection.open(host)
        await client.send("PATCH \(location) HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 1000\r\n\r\n")
        await client.send(Array(repeating: 7, count: count))
        try await eventually { registry.uploadBytes == before + Int64(count) }
        await client.close()
        try await eventually { registry.cuts == 1 }
    }
}
