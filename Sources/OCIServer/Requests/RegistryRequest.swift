// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import OCI

/// A request as the routes see it: read, let in, and with a body that nobody has asked for yet.
struct RegistryRequest: Sendable {
    /// The method.
    let method: HTTPRequest.Method
    /// What it is about.
    let path: RequestPath
    /// Its query.
    let query: RequestQuery
    /// Its header fields, without `Host`.
    let headers: HTTPFields
    /// Its body.
    let body: IncomingBody
    /// Who sent it.
    let principal: Principal
    /// The address that it came from, without a port.
    let client: String
}
