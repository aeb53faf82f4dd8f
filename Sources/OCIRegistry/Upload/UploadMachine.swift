// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent

/// Decides how a blob gets into a repository: a reply goes in, the next request comes out.
///
/// It does no I/O.
///
/// The shortest way is one request that asks, mounts and starts at once: `POST …/uploads/?mount=D&from=R`, where `R` is a
/// repository known to hold the blob, or else the repository itself. docker-registry 2.8 answers 201 if `R` has the blob,
/// and otherwise 202 with a session that can be used, so that no separate question is needed.
struct UploadMachine {
    /// What is to be requested, or how it ended.
    enum Action: Equatable {
        /// `POST` with `mount` and `from`.
        case mount(from: RepositoryName)
        /// `HEAD` of the blob.
        case find
        /// `POST` without more.
        case start
        /// `PUT` of the whole blob to the `Location` that a reply gave.
        case send(location: String)
        /// The registry has the blob.
        case finish(Arrival)
        /// No further request can help.
        case fail
    }

    /// What the registry said.
    struct Reply {
        var status: Int
        var location: String?
    }

    /// Whether the registry has turned out not to take part in mounting; remembered for the host.
    private(set) var mountRefused = false
    /// The request whose reply is awaited, or how it ended.
    private(set) var action: Action

    private let isSibling: Bool

    /// Begins with the first request.
    /// - Parameters:
    ///   - sibling: A repository of the registry that is known to hold the blob.
    ///   - canMount: Whether the registry is not known to refuse mounts.
    init(repository: RepositoryName, sibling: RepositoryName?, canMount: Bool) {
        isSibling = sibling != nil
        action = canMount ? .mount(from: sibling ?? repository) : .find
    }

    /// Takes the reply to ``action`` and returns the next action.
    mutating func advance(after reply: Reply) -> Action {
        action = next(after: reply)
        return action
    }

    private mutating func next(after reply: Reply) -> Action {
        switch (action, reply.status) {
        case (.mount, 201): return .finish(isSibling ? .mounted : .present)
        case (.mount, 202), (.start, 202):
            guard let location = reply.location else { return .fail }
            return .send(location: location)
        case (.mount, 400), (.mount, 404), (.mount, 405), (.mount, 501):
            // Docker Hub answers 400 to a `from` that it has no repository for (crane#1741); others know no mounts.
            // Whether the repository itself is the trouble, the plain way will tell.
            mountRefused = true
            return .find
        case (.find, 200): return .finish(.present)
        case (.find, 404): return .start
        case (.send, 201): return .finish(.copied)
        default: return .fail
        }
    }
}
