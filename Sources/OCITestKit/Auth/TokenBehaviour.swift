// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

extension TokenServer {
    /// How a token server answers; it may be changed while the server runs.
    public struct Behaviour: Sendable {
        /// The requests that a token can be asked for with.
        public struct Flows: OptionSet, Sendable {
            /// The bits.
            public let rawValue: Int
            /// Takes bits.
            public init(rawValue: Int) { self.rawValue = rawValue }
            /// The parameters in the query, the user by Basic.
            public static let get = Flows(rawValue: 1)
            /// All in a form (OAuth 2).
            public static let post = Flows(rawValue: 2)
        }

        /// Under which names the token stands in the answer.
        public enum Fields: Sendable {
            /// `token`.
            case token
            /// `access_token`.
            case accessToken
            /// Under both.
            case both
        }

        /// What the answer says about the life of the token.
        public enum StatedLife: Sendable {
            /// What is true.
            case asItIs
            /// Nothing: there is no `expires_in`, which means 60 s.
            case nothing
            /// This, in seconds.
            case seconds(Int)
        }

        /// Something else than a token.
        public enum Misbehaviour: Sendable {
            /// A refusal with a status, such as 401, 403, 429 or 500, and `Retry-After` in seconds.
            case refuse(Int, retryAfter: Int? = nil)
            /// A JSON text that goes on for this many bytes, without a `Content-Length`.
            case bomb(bytes: Int64 = 1 << 30)
            /// The address of another place.
            case redirect(to: String, status: Int = 307)
            /// Any other answer.
            case reply(PeerReply)
        }

        /// Decides which actions of a scope somebody gets; nobody in particular is `nil`.
        public typealias Grant = @Sendable (_ user: String?, _ scope: TokenScope) -> Set<String>

        /// The users with their passwords.
        public var users: [String: String]
        /// Whether those get tokens who do not say who they are.
        public var servesAnonymous = true
        /// Who gets what; at first users get all, and where there are users, others get `pull`.
        public var grant: Grant
        /// Whether no token is given at all where less than what was asked for would be granted.
        public var refusesPartialGrants = false
        /// How many seconds a token is good for.
        ///
        /// The registry refuses it then: docker-registry would accept it for 60 s longer (its leeway for clocks), which
        /// the `exp` of the token makes up for.
        public var life = 300
        /// What the answer says about it.
        public var statedLife = StatedLife.asItIs
        /// By how many seconds the clock is wrong that `issued_at` of the answer comes from; `nil` leaves it out.
        public var issuedAtError: Int? = 0
        /// The requests that are understood.
        public var flows: Flows = [.get, .post]
        /// The answer to a request that is not understood; 404 and 400 occur as well.
        public var unknownFlowStatus = 405
        /// Whether somebody who asks for one gets an identity token.
        public var givesIdentityTokens = true
        /// The identity tokens that are accepted, with their users; those that were given are added.
        public var identityTokens: [String: String] = [:]
        /// Where the token stands in the answer.
        public var fields = Fields.both
        /// How long the server thinks.
        public var delay = Duration.zero
        /// What it does in place of its work, each of these once.
        public var misbehaviours: [Misbehaviour] = []
        /// What it always does in place of its work.
        public var constantMisbehaviour: Misbehaviour?

        /// A server that does its work for these users.
        public init(users: [String: String] = [:]) {
            self.users = users
            let isOpen = users.isEmpty
            grant = { user, scope in user != nil || isOpen ? Set(scope.actions) : ["pull"] }
        }

        /// Refuses a number of requests before it does its work again.
        public mutating func refuse(_ status: Int, times: Int = 1, retryAfter: Int? = nil) {
            misbehaviours += Array(repeating: .refuse(status, retryAfter: retryAfter), count: times)
        }
    }
}
