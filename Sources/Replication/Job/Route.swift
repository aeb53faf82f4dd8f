// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// One repository of the source on its way to one repository of the destination: the unit of work.
public struct Route: Hashable, Sendable {
    /// The repository that is read.
    public let source: RepositoryName
    /// The repository that is written.
    public let destination: RepositoryName

    /// Makes a route.
    public init(source: RepositoryName, destination: RepositoryName) {
        self.source = source
        self.destination = destination
    }
}
