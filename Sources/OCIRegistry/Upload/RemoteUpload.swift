// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import OCIContent

/// The upload of one blob to a repository: makes the requests that ``UploadMachine`` decides on.
struct RemoteUpload {
    /// How long a piece that is on its way may take after the run was asked to stop.
    private static let grace = Duration.seconds(10)

    private let repository: RemoteRepository
    private let blob: BlobContent
    private var machine: UploadMachine
    /// Where the last answer came from, relative to which it named the next place.
    private var answeredBy: RequestURL
    /// The place to write, kept from the first byte to the end: whoever holds one must never wait for a second.
    private var slot: Slots.Slot?
    private var cursor: PieceCursor?
    private var hasCreatedRepository = false

    private var api: RegistryAPI { repository.api }
    private var registry: RemoteRegistry { repository.endpoint.registry }
    private var digest: Digest { blob.descriptor.digest }
    private var subject: String { repository.subject(digest) }

    init(of blob: BlobContent, to repository: RemoteRepository, heldBy sibling: RepositoryName?) {
        self.repository = repository
        self.blob = blob
        let registry = repository.endpoint.registry
        let terms = UploadMachine.Terms(
            repository: repository.name,
            // docker-registry 2.8.2 confirms a mount by SHA-512, and does not have the blob afterwards.
            sibling: blob.descriptor.digest.algorithm == .sha256 ? sibling : nil,
            size: blob.descriptor.size,
            replaces: blob.replaces,
            piecesAbove: registry.limits.piecesAbove
        )
        let checkpoint = Self.checkpoint(of: blob, in: repository.name, registry)
        machine = UploadMachine(terms, registry.profile, registry.lessons, from: checkpoint)
        answeredBy = RequestURL(origin: registry.transport.policy.origin, path: "/v2/")
    }

    /// Where an earlier upload can go on.
    ///
    /// What another process sent was never hashed to its end: it is built upon only where the registry compares the whole.
    private static func checkpoint(
        of blob: BlobContent,
        in repository: RepositoryName,
        _ registry: RemoteRegistry
    ) -> UploadCheckpoint? {
        guard let checkpoint = registry.uploads.checkpoint(of: blob.descriptor.digest, in: repository) else {
            return nil
        }
        registry.look(atSession: checkpoint.location)
        return registry.profile.checksDigests || blob.acknowledged >= checkpoint.offset ? checkpoint : nil
    }

    /// Makes requests until the blob is there.
    mutating func run() async throws -> Arrival {
        while true {
            let action = machine.action
            let answer: Answer
            do { answer = try await self.answer(to: action) } catch let error as RegistryError {
                guard error.isRefusedToken, machine.giveUpMount() else { throw error }
                registry.learn(machine.lessons)
                continue
            }
            let (reply, refusal) = (answer.reply, answer.refusal)
            if let refusal, try await createRepository(after: refusal.error) { continue }
            answeredBy = reply.url
            machine.profile = registry.profile
            let next = machine.advance(after: UploadReply(reply.status, reply.headers, refusal: refusal?.text ?? ""))
            note()
            try passFailpoint(after: action, next)
            switch next {
            case .finish(let arrival):
                try repository.confirm(reply, digest, during: action.verb, subject: subject)
                return arrival
            case .fail where action == .confirm && reply.status == 404:
                throw api.error(
                    .answer("it confirmed the blob and does not have it"),
                    during: .upload,
                    subject: subject
                )
            case .fail: throw refusal?.error ?? unexpected(reply, action)
            default: try Task.checkCancellation()
            }
        }
    }

    /// Makes the repository if that is what an upload cannot begin without.
    private mutating func createRepository(after error: RegistryError) async throws -> Bool {
        // Once, and never while a place is held that the making may need.
        guard !hasCreatedRepository, slot == nil, try await repository.createIfMissing(after: error) else {
            return false
        }
        hasCreatedRepository = true
        return true
    }

    /// An answer whose body was read.
    private struct Answer {
        let reply: Reply
        /// What the body of a refusal says, which is more than its status.
        let refusal: (error: RegistryError, text: String)?
    }

    /// Makes a request; a session that was given wrong bytes is of no more use.
    private mutating func answer(to action: UploadMachine.Action) async throws -> Answer {
        do {
            if case .sendPiece(let location, let range) = action { return try await send(range, to: location) }
            return try await read(try await perform(action), during: action.verb)
        } catch let failure as SideFailure {
            if case ContentError.wrongDigest = failure.underlying {
                registry.uploads.note(nil, of: digest, in: repository.name)
            }
            throw failure
        }
    }

    /// Reads the body, so that the connection lives on.
    private func read(_ reply: Reply, during verb: RegistryError.Action) async throws -> Answer {
        guard reply.status >= 400 else {
            try await reply.discard(keepingSlot: slot != nil)
            return Answer(reply: reply, refusal: nil)
        }
        let refusal = try await api.refusal(of: reply, keepingSlot: slot != nil, during: verb, subject: subject)
        return Answer(reply: reply, refusal: refusal)
    }

    private func passFailpoint(after action: UploadMachine.Action, _ next: UploadMachine.Action) throws {
        switch (action, next) {
        case (_, .fail): break
        case (_, .finish): try failpoint(.uploadConfirmed)
        case (.sendPiece, _): try failpoint(.pieceAcknowledged)
        case (.mount, .send), (.mount, .sendPiece), (.start, _): try failpoint(.uploadStarted)
        default: break
        }
    }

    /// Tells what the last answer meant: to the memory of open uploads, and to whoever watches the blob.
    private func note() {
        registry.learn(machine.lessons)
        registry.uploads.note(recordable(machine.checkpoint), of: digest, in: repository.name)
        if let setback = machine.setback { blob.tell(.restarted(losing: setback)) }
        guard let offset = machine.checkpoint?.offset else { return }
        if machine.isResumed { blob.tell(.resumed(at: offset)) }
        blob.acknowledge(offset)
    }

    /// What may be kept of a session: its whole URL, unless it leads to another host, whose addresses can be signed.
    private func recordable(_ checkpoint: UploadCheckpoint?) -> UploadCheckpoint? {
        guard var checkpoint, let url = try? answeredBy.resolving(checkpoint.location),
            url.origin == registry.transport.policy.origin
        else { return nil }
        checkpoint.location = url.text
        return checkpoint
    }

    private mutating func perform(_ action: UploadMachine.Action) async throws -> Reply {
        switch action {
        case .mount(let from): return try await start(mountingFrom: from)
        case .start: return try await start(mountingFrom: nil)
        case .find, .confirm: return try await request(.HEAD, repository.path("blobs/\(digest)"), action)
        case .ask(let location):
            let exchange = Exchange(method: .GET, url: try admit(location), access: api.access)
            return try await api.send(exchange, holding: slot, during: .upload, subject: subject)
        case .send(let location): return try await send(to: location)
        case .close(let location):
            var exchange = Exchange(
                method: .PUT,
                url: try admit(location).appending("digest", digest.description),
                access: api.access
            )
            exchange.isCommit = true
            return try await api.send(exchange, holding: slot, during: .upload, subject: subject)
        case .sendPiece, .finish, .fail: preconditionFailure("this is no request, or not one of these")
        }
    }

    private func request(_ method: HTTPMethod, _ path: String, _ action: UploadMachine.Action) async throws -> Reply {
        try await api.send(api.request(method, path), holding: slot, during: action.verb, subject: subject)
    }

    private func start(mountingFrom sibling: RepositoryName?) async throws -> Reply {
        var request = api.request(
            .POST,
            repository.path("blobs/uploads/"),
            query: sibling.map { "mount=\(digest)&from=\($0)" }
        )
        // Whoever mounts must be allowed to read where he mounts from.
        if let sibling, sibling != repository.name { request.access.scopes.insert(.repository(sibling, .pull)) }
        // A place that is held already serves: all places could be held by uploads that begin anew.
        return try await api.send(request, holding: slot, during: .startUpload, subject: subject)
    }

    /// Takes the place to write, if it is not held yet.
    ///
    /// It comes before the one to read, which opening the blob takes, and which a reading that is given up gives back first.
    private mutating func takePlace(giveUp isOver: Bool) async throws -> Slots.Slot {
        if isOver { cursor = nil }
        if let slot { return slot }
        let taken = try await registry.transport.placeToWrite()
        slot = taken
        return taken
    }

    private mutating func send(to location: String) async throws -> Reply {
        let url = try admit(location).appending("digest", digest.description)
        let slot = try await takePlace(giveUp: true)
        let reading = try await blob.open()
        var exchange = Exchange(method: .PUT, url: url, access: api.access)
        exchange.headers = [("Content-Type", "application/octet-stream")]
        exchange.body = .blob(reading.stream, of: reading)
        let reply = try await api.send(exchange, holding: slot, during: .upload, subject: subject)
        if reply.status == 201, !reading.isComplete, blob.descriptor.size > 0 { throw early() }
        return reply
    }

    private mutating func send(_ range: Range<Int64>, to location: String) async throws -> Answer {
        let slot = try await takePlace(giveUp: cursor?.position != range.lowerBound)
        if cursor == nil {
            let reading = try await blob.open(at: range.lowerBound, trusting: registry.profile.checksDigests)
            cursor = PieceCursor(reading, room: registry.roomAhead.tryAcquire())
        }
        guard let cursor else { preconditionFailure("it was just made") }
        var exchange = Exchange(method: .PATCH, url: try admit(location), access: api.access)
        exchange.headers = [
            ("Content-Type", "application/octet-stream"),
            ("Content-Range", "\(range.lowerBound)-\(range.upperBound - 1)"),
        ]
        exchange.body = .blob(cursor.piece(range.count), of: cursor.reading)
        // The answer to its end: a piece counts only once that was noted.
        let answer = try await withGrace(Self.grace) { [self, exchange] in
            try await read(
                try await api.send(exchange, holding: slot, during: .upload, subject: subject),
                during: .upload
            )
        }
        if answer.reply.status < 300, cursor.position != range.upperBound { throw early() }
        return answer
    }

    private func admit(_ location: String) throws -> RequestURL {
        do {
            return try registry.transport.admit(location, answeredBy: answeredBy, for: .upload)
        } catch {
            throw api.error(error.cause, during: .upload, subject: subject)
        }
    }

    private func early() -> RegistryError {
        api.error(.answer("the upload was confirmed before all bytes were sent"), during: .upload, subject: subject)
    }

    /// The error of an answer that is no refusal, and yet leads nowhere.
    private func unexpected(_ reply: Reply, _ action: UploadMachine.Action) -> RegistryError {
        reply.status == 202
            ? api.error(.answer("an upload was started without a Location"), during: action.verb, subject: subject)
            : api.error(.status(reply.status, []), during: action.verb, subject: subject)
    }
}

extension UploadMachine.Action {
    /// What is being done, in errors.
    fileprivate var verb: RegistryError.Action {
        switch self {
        case .find, .confirm: .findBlob
        case .ask, .send, .sendPiece, .close: .upload
        case .mount, .start, .finish, .fail: .startUpload
        }
    }
}
