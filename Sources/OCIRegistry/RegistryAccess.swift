// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI

/// How a registry is reached and convinced, where that differs from what is usual.
public struct RegistryAccess: Sendable {
    /// Where credentials are found.
    public var credentials: any CredentialStore
    /// Hosts of other domains that may be shown the registry's credentials, to buy tokens with.
    public var tokenServers: Set<RegistryHost>
    /// Other hosts to which the registry may lead uploads.
    public var uploadHosts: Set<RegistryHost>
    /// Whom to trust, and whom to be.
    public var tls: TLSSettings
    /// The proxy that connections go through.
    public var proxy: ProxySettings
    /// Where the product's own API is, if not where its documentation says.
    public var api: RequestURL.Origin?
    /// How repositories that are missing are made; `nil` if they are not.
    public var creation: CreationWay?
    /// The credentials of clouds, with which their own APIs are called.
    public var clouds: CloudCredentials?

    /// Anonymous access with the machine's own trust, unless something else is given.
    public init(
        credentials: any CredentialStore = CredentialStores([]),
        tokenServers: Set<RegistryHost> = [],
        uploadHosts: Set<RegistryHost> = [],
        tls: TLSSettings = TLSSettings(),
        proxy: ProxySettings = ProxySettings(),
        api: RequestURL.Origin? = nil,
        creation: CreationWay? = nil,
        clouds: CloudCredentials? = nil
    ) {
        self.credentials = credentials
        self.tokenServers = tokenServers
        self.uploadHosts = uploadHosts
        self.tls = tls
        self.proxy = proxy
        self.api = api
        self.creation = creation
        self.clouds = clouds
    }

    /// The same for the product's own API on another host: the same credentials and trust, but nothing else that is the
    /// registry's alone.
    var beside: RegistryAccess {
        RegistryAccess(credentials: credentials, tls: tls.beside, proxy: proxy)
    }
}
