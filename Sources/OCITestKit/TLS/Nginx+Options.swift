// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

extension Nginx {
    /// What a server does.
    public struct Options: Sendable {
        /// Where a `GET` of a blob is answered.
        public enum BlobRedirect: Sendable {
            /// Where it is asked.
            case none
            /// At the other origin, by a whole address.
            case absolute
            /// At the other origin, by an address without a scheme: `//host:port/path`.
            case withoutScheme
            /// At the front, by a path.
            case relative
        }

        /// How many requests the front takes; more than these get 429 with `Retry-After: 1`.
        public struct RequestLimit: Sendable {
            /// How many in a second, evenly.
            public var perSecond: Int
            /// How many may come before their time.
            public var burst: Int

            /// Puts a limit together.
            public init(perSecond: Int, burst: Int) {
                self.perSecond = perSecond
                self.burst = burst
            }
        }

        /// The port of the registry, on 127.0.0.1.
        public var upstream: Int
        /// Servers that have a part of the front's paths, such as `["/token": 5001]`, by their ports.
        public var otherUpstreams: [String: Int] = [:]
        /// The certificate of both origins; `nil` for plain HTTP.
        public var identity: TestAuthority.Identity?
        /// The PEM file of the authority whose certificates clients must show at the front; `nil` asks for none.
        public var clientAuthority: String?
        /// The versions of TLS, as nginx names them.
        public var protocols = ["TLSv1.2", "TLSv1.3"]
        /// The longest body of a request, in bytes; `nil` for any; longer ones get 413.
        public var maximumBodySize: Int64?
        /// Where blobs are found.
        public var blobRedirect = BlobRedirect.none
        /// The storage of a docker-registry, from which redirected blobs are served as files; `nil` asks the registry.
        public var blobStorage: String?
        /// Whether the place of the blobs answers 400 to requests with `Authorization`, as object stores do.
        public var refusesAuthorizationForBlobs = true
        /// Whether the addresses that the registry makes lose their scheme and host.
        public var relativeLocations = false
        /// How many requests the front takes.
        public var requestLimit: RequestLimit?
        /// The loopback addresses of the front; IPv6 in brackets.
        public var addresses = ["127.0.0.1"]
        /// The loopback address of the other origin, as it stands in redirects.
        public var otherAddress = "127.0.0.1"

        /// A plain front of a registry.
        public init(upstream: Int) { self.upstream = upstream }
    }
}

extension Nginx.Options {
    /// One process, in the foreground: it ends when it is told to, and leaves no workers behind.
    func configuration(directory: String, port: Int, otherPort: Int) -> String {
        """
        daemon off;
        master_process off;
        pid \(directory)/nginx.pid;
        error_log stderr warn;
        events { worker_connections 1024; }
        http {
            map $http_authorization $is_authorized { "" false; default true; }
            log_format front escape=json \(logFormat(origin: "front"));
            log_format other escape=json \(logFormat(origin: "other"));
            client_body_temp_path \(directory)/body;
            proxy_temp_path \(directory)/proxy;
            fastcgi_temp_path \(directory)/fastcgi;
            uwsgi_temp_path \(directory)/uwsgi;
            scgi_temp_path \(directory)/scgi;
            absolute_redirect off;
            client_max_body_size \(maximumBodySize ?? 0);
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Proto $scheme;
            \(requestLimit.map { "limit_req_zone $server_port zone=front:1m rate=\($0.perSecond)r/s;" } ?? "")
            server {
                access_log \(directory)/access.log front;
        \(addresses.map { "        listen \($0):\(port)\(ssl);" }.joined(separator: "\n"))
                \(certificate)
                \(clientAuthority.map { "ssl_verify_client on; ssl_client_certificate \($0);" } ?? "")
                \(requestLimit.map { "limit_req zone=front burst=\($0.burst) nodelay; limit_req_status 429;" } ?? "")
                error_page 429 = @busy;
                location @busy {
                    add_header Retry-After 1 always;
                    default_type application/json;
                    return 429 '{"errors":[{"code":"TOOMANYREQUESTS","message":"too many requests"}]}';
                }
                \(locations)
                location / { proxy_pass http://127.0.0.1:\(upstream); }
        \(otherUpstreams.map { "        location \($0.key) { proxy_pass http://127.0.0.1:\($0.value); }" }
            .sorted().joined(separator: "\n"))
                \(redirect(otherPort: otherPort))
            }
            server {
                access_log \(directory)/access.log other;
                listen \(otherAddress):\(otherPort)\(ssl);
                \(certificate)
                \(blobs(under: "/v2/"))
            }
        }

        """
    }

    private var ssl: String { identity == nil ? "" : " ssl" }

    private var certificate: String {
        guard let identity else { return "" }
        return """
            ssl_certificate \(identity.certificate); ssl_certificate_key \(identity.key); \
            ssl_protocols \(protocols.joined(separator: " "));
            """
    }

    private func logFormat(origin: String) -> String {
        """
        '{"origin":"\(origin)","method":"$request_method","uri":"$request_uri","status":$status,\
        "isAuthorized":$is_authorized,"host":"$http_host","tls":"$ssl_protocol","client":"$ssl_client_s_dn"}'
        """
    }

    private var locations: String {
        relativeLocations ? "proxy_redirect ~^https?://[^/]+(/.*)$ $1;" : "proxy_redirect off;"
    }

    /// The front's rule for blobs; the query stands for the signature of an object store.
    private func redirect(otherPort: Int) -> String {
        let place: String
        switch blobRedirect {
        case .none: return ""
        case .absolute: place = "$scheme://\(otherAddress):\(otherPort)"
        case .withoutScheme: place = "//\(otherAddress):\(otherPort)"
        case .relative: place = "/elsewhere"
        }
        return """
            location ~ ^/v2/.+/blobs/sha256: {
                if ($request_method = GET) { return 307 \(place)$uri?signature=1; }
                proxy_pass http://127.0.0.1:\(upstream);
            }
            \(blobs(under: "/elsewhere/v2/"))
            """
    }

    /// What serves redirected blobs.
    private func blobs(under prefix: String) -> String {
        let refusal = refusesAuthorizationForBlobs ? "if ($is_authorized = true) { return 400; }" : ""
        guard let blobStorage else {
            return """
                location \(prefix) {
                    \(refusal)
                    rewrite ^/elsewhere(/.*)$ $1 break;
                    proxy_pass http://127.0.0.1:\(upstream);
                }
                """
        }
        return """
            location ~ "^\(prefix).+/blobs/sha256:([0-9a-f]{2})([0-9a-f]+)$" {
                \(refusal)
                alias \(blobStorage)/docker/registry/v2/blobs/sha256/$1/$1$2/data;
            }
            """
    }
}
