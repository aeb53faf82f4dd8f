// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import OCIContent
import Synchronization

/// What a registry of the tests holds, and how it answers.
final class ProductDesk: Sendable {
    struct State {
        var quirks: ProductQuirks
        var store = ProductStore()
        /// The sessions that can be continued.
        var open: [String: UploadSession] = [:]
        /// All sessions, in order.
        var sessions: [UploadSession] = []
        /// The projects that were made, and whether everybody may read them.
        var projects: [String: Bool] = [:]
        var brokenTags: [ProductRegistry.BrokenTag] = []
        var pullsLeft: Int?
        var lastSession = 0
        var cuts = 0
    }

    /// What is to be done with the body of a request.
    enum Intake: Sendable {
        /// It is thrown away after this answer.
        case answer(PeerReply)
        /// It is collected.
        case collect
        /// It belongs to an upload.
        case stream(UploadSession)
    }

    /// The longest manifest that is taken.
    static let longestManifest = 4 << 20

    let state: Mutex<State>
    let keptBlobSize: Int

    init(quirks: ProductQuirks, keptBlobSize: Int) {
        state = Mutex(State(quirks: quirks, pullsLeft: quirks.pulls))
        self.keptBlobSize = keptBlobSize
    }

    var quirks: ProductQuirks { state.withLock { $0.quirks } }

    /// Decides by the head of a request.
    func begin(_ request: PeerRequest) -> Intake {
        switch (request.method, ProductRoute(path: request.path)) {
        case ("POST", .uploads(let name)): return start(request, in: name)
        case ("PATCH", .session(_, let id)): return chunk(request, id: id)
        case ("PUT", .session(_, let id)): return closing(request, id: id)
        default: return .collect
        }
    }

    /// Answers when the whole request has come.
    func finish(_ request: PeerRequest, _ intake: Intake, body: [UInt8]?) -> PeerReply {
        if case .stream(let session) = intake { return finish(request, session) }
        guard let body else { return .error(413, "SIZE_INVALID", "longer than 4 MiB") }
        switch (request.method, ProductRoute(path: request.path)) {
        case ("GET", .ping): return .text(200, "{}")
        case ("GET", .catalog): return catalog(request)
        case ("GET", .tags(let name)) where quirks.api == .google: return googleTags(request, in: name)
        case ("GET", .tags(let name)): return tags(request, in: name)
        case ("GET", .referrers(let name, let digest)): return referrers(request, in: name, of: digest)
        case ("GET", .manifest(let name, let reference)), ("HEAD", .manifest(let name, let reference)):
            return manifest(request, in: name, reference)
        case ("PUT", .manifest(let name, let reference)): return put(request, body, in: name, as: reference)
        case ("DELETE", .manifest(let name, let reference)): return delete(reference, in: name)
        case ("GET", .blob(let name, let digest)), ("HEAD", .blob(let name, let digest)):
            return blob(request, in: name, digest)
        case ("DELETE", .blob(let name, let digest)): return deleteBlob(digest, in: name)
        case ("GET", .session(_, let id)): return status(request, id: id)
        case ("DELETE", .session(_, let id)): return cancel(request, id: id)
        case ("POST", .projects): return createProject(request, body)
        case ("GET", .unknown): return api(request) ?? .notFound
        case (_, .unknown): return .notFound
        default: return .error(405, "UNSUPPORTED")
        }
    }

    /// Forgets the uploads that are under way.
    func forgetSessions() { state.withLock { $0.open = [:] } }
}
