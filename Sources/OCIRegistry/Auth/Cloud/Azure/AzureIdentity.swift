// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI

/// Who somebody is at Microsoft Entra ID, as the environment or the machine says.
struct AzureIdentity: Sendable {
    /// A token that says who somebody is, where it is from, and the tenant if that is known.
    struct Proof: Sendable {
        let token: Secret
        let tenant: String?
        let origin: String
    }

    private static let scope = "https://containerregistry.azure.net/.default"

    let context: CloudContext

    /// Whether the environment says who somebody is, and how he proves it.
    static func isNamed(_ environment: [String: String]) -> Bool {
        func isSet(_ name: String) -> Bool { !(environment[name] ?? "").isEmpty }
        return isSet("AZURE_TENANT_ID") && isSet("AZURE_CLIENT_ID")
            && (isSet("AZURE_CLIENT_SECRET") || isSet("AZURE_FEDERATED_TOKEN_FILE"))
    }

    /// Proves it: by a secret, by the token of a pod, or by the identity of the machine.
    /// - Parameter authority: Where that is done unless the environment says another place.
    func proof(authority: String) async throws -> Proof {
        if Self.isNamed(context.environment) { return try await named(authority) }
        let (secret, file) = ("AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE")
        for name in [secret, file] where context.variable(name) != nil {
            for other in ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"] where context.variable(other) == nil {
                throw context.error(.variableMissing(other, beside: name))
            }
        }
        if let proof = try await AzureMetadata(context: context).proof() { return proof }
        throw context.error(.nothingFound(places: ["$\(secret)", "$\(file)", "the managed identity of this machine"]))
    }

    private func named(_ usual: String) async throws -> Proof {
        let (tenantName, authorityName) = ("AZURE_TENANT_ID", "AZURE_AUTHORITY_HOST")
        let tenant = context.variable(tenantName) ?? ""
        guard tenant.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || $0.isPlain }) else {
            throw context.error(.variable(tenantName, expected: "the identifier of a tenant"))
        }
        let authority = context.variable(authorityName) ?? usual
        let separator = authority.hasSuffix("/") ? "" : "/"
        guard let url = CloudContext.url("\(authority)\(separator)\(tenant)/oauth2/v2.0/token") else {
            throw context.error(.variable(authorityName, expected: "an https URL such as \(usual)"))
        }
        let client = context.variable("AZURE_CLIENT_ID") ?? ""
        var fields = [("client_id", client), ("scope", Self.scope), ("grant_type", "client_credentials")]
        let place: String
        if let secret = context.variable("AZURE_CLIENT_SECRET") {
            fields.append(("client_secret", secret))
            place = "$AZURE_CLIENT_SECRET"
        } else {
            let path = context.variable("AZURE_FEDERATED_TOKEN_FILE") ?? ""
            fields.append(("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"))
            fields.append(("client_assertion", try context.token(in: path).exposed))
            place = path
        }
        let answer: CloudToken = try await context.document(.form(fields, to: url))
        guard let token = answer.token else {
            throw context.error(.answer("\(url.origin)", missing: "access_token"))
        }
        return Proof(token: token, tenant: tenant, origin: "the Azure application \(client) with \(place)")
    }
}

extension UInt8 {
    /// Whether the byte is a letter, a digit or a hyphen.
    fileprivate var isPlain: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
            || self == UInt8(ascii: "-")
    }
}
