// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI

/// One line for each request, without secrets: no passwords, no addresses of uploads, of queries only those of listings.
public struct AccessLog: Sendable {
    /// How a line looks.
    public enum Form: String, Hashable, Sendable, CaseIterable {
        /// The common log format of web servers.
        case common
        /// A JSON object.
        case json
    }

    private let form: Form
    private let sink: @Sendable (String) -> Void

    /// Makes a log.
    /// - Parameter sink: Takes a line without its end; called from many tasks at once, and must not block for long.
    public init(_ form: Form, to sink: @escaping @Sendable (String) -> Void) {
        self.form = form
        self.sink = sink
    }

    /// What a line is about.
    struct Entry: Sendable {
        var client: String
        var principal = Principal.anonymous
        var method: HTTPRequest.Method
        var target: String
        var status: Int
        var sent: Int64
        var received: Int64
        var duration: Duration
        /// Seconds since 1970.
        var time: Int64
    }

    /// Writes a line.
    func record(_ entry: Entry) { sink(Self.line(entry, form)) }

    static func line(_ entry: Entry, _ form: Form) -> String {
        let target = visible(entry.target)
        let user: String? = if case .user(let name) = entry.principal { name } else { nil }
        let moment = CivilTime(secondsSince1970: entry.time)
        switch form {
        case .common:
            let name = user.map { $0.filter { $0 != " " && $0 != "\"" } } ?? "-"
            return "\(entry.client) - \(name) [\(moment.common)] \"\(entry.method.rawValue) \(target) HTTP/1.1\" "
                + "\(entry.status) \(entry.sent)"
        case .json:
            var json = JSONText()
            json.raw(#"{"time":"#)
            json.string(moment.iso8601)
            json.raw(#","client":"#)
            json.string(entry.client)
            if let user {
                json.raw(#","user":"#)
                json.string(user)
            }
            json.raw(#","method":"#)
            json.string(entry.method.rawValue)
            json.raw(#","target":"#)
            json.string(target)
            let milliseconds = entry.duration / .milliseconds(1)
            json.raw(
                ",\"status\":\(entry.status),\"sent\":\(entry.sent),\"received\":\(entry.received),"
                    + "\"ms\":\((milliseconds * 10).rounded() / 10)}"
            )
            return String(decoding: json.bytes, as: UTF8.self)
        }
    }

    /// A request's target without what only its sender should know.
    private static func visible(_ target: String) -> String {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path = String(parts[0].prefix(600))
        if let mark = path.range(of: "/blobs/uploads/", fromEnd: true) {
            // Whoever knows the name of an upload could go on with it.
            let id = path[mark...]
            if !id.isEmpty { path = String(path[..<mark]) + String(id.prefix(6)) + "…" }
        }
        let isListing = path.hasSuffix("/tags/list") || path.hasSuffix("/_catalog") || path.contains("/referrers/")
        if parts.count == 2, isListing { path += "?" + parts[1].prefix(300) }
        return String(
            path.unicodeScalars.map { scalar in
                scalar.value < 0x20 || scalar == "\"" || scalar == "\\" || (0x7F...0x9F).contains(scalar.value)
                    ? "?" : Character(scalar)
            }
        )
    }
}

extension String {
    /// The end of the last place at which a text stands.
    fileprivate func range(of text: String, fromEnd: Bool) -> String.Index? {
        let bytes = utf8
        let wanted = Array(text.utf8)
        var index = bytes.endIndex
        while index > bytes.startIndex {
            index = bytes.index(before: index)
            if bytes[index...].starts(with: wanted) { return bytes.index(index, offsetBy: wanted.count) }
        }
        return nil
    }
}
