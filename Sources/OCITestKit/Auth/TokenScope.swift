// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// What a token is asked for or made for: actions on one resource, `type:name:actions` (distribution, "Token Scope").
public struct TokenScope: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The type, such as `repository`.
    public let type: String
    /// The name of the resource.
    public let name: String
    /// The actions, in order.
    public let actions: [String]

    /// Puts a scope together.
    public init(type: String = "repository", name: String, actions: [String]) {
        self.type = type
        self.name = name
        self.actions = actions
    }

    /// Reads a scope; `nil` if it has not got three parts.
    public init?(_ text: String) {
        // A name may hold colons: a host with a port.
        guard let first = text.firstIndex(of: ":"), let last = text.lastIndex(of: ":"), first < last else { return nil }
        type = String(text[..<first])
        name = String(text[text.index(after: first)..<last])
        actions = text[text.index(after: last)...].split(separator: ",").map(String.init)
    }

    /// The scope as it is asked for.
    public var description: String { "\(type):\(name):\(actions.joined(separator: ","))" }

    /// The same resource with some of the actions only.
    public func allowing(_ allowed: Set<String>) -> TokenScope {
        TokenScope(type: type, name: name, actions: actions.filter(allowed.contains))
    }
}
