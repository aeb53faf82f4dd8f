// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Harbor's projects, without which there is no repository.
extension ProductDesk {
    /// The refusal of a push into a project that nobody has made.
    func missingProject(of repository: String) -> PeerReply? {
        guard quirks.needsProjects else { return nil }
        let project = String(repository.prefix { $0 != "/" })
        let isThere = state.withLock { state in
            state.projects[project] != nil || state.store.repositories.keys.contains { $0.hasPrefix("\(project)/") }
        }
        guard !isThere else { return nil }
        let text = "project \(project) not found"
        return .error(401, "UNAUTHORIZED", "\(text): \(text)")
    }

    /// Makes a project, for whoever may (Harbor's API 2.0, "createProject").
    func createProject(_ request: PeerRequest, _ body: [UInt8]) -> PeerReply {
        struct Wish: Decodable {
            var projectName: String
            var metadata: [String: String]

            enum CodingKeys: String, CodingKey {
                case projectName = "project_name"
                case metadata
            }
        }
        let quirks = quirks
        guard quirks.needsProjects else { return .text(404, "404 page not found\n", contentType: "text/plain") }
        guard let user = request.header("authorization").flatMap(TokenRequest.basic),
            quirks.projectUsers[user.user] == user.password
        else { return .error(401, "UNAUTHORIZED", "unauthorized") }
        guard let wish = try? JSONDecoder().decode(Wish.self, from: Data(body)) else {
            return .error(400, "BAD_REQUEST", "not a project")
        }
        return state.withLock { state in
            guard state.projects[wish.projectName] == nil else {
                return .error(409, "CONFLICT", "The project named \(wish.projectName) already exists")
            }
            state.projects[wish.projectName] = wish.metadata["public"] == "true"
            return PeerReply(201, headers: [("Location", "/api/v2.0/projects/\(state.projects.count)")])
        }
    }
}
