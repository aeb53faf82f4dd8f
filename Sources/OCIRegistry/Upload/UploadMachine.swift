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
///
/// The bytes follow in one `PUT`, or in pieces by `PATCH` and an empty `PUT`: where the registry must have pieces, or where
/// the blob is large and its upload could go on after an interruption.
struct UploadMachine {
    /// What is to be requested, or how it ended.
    enum Action: Equatable {
        /// `POST` with `mount` and `from`.
        case mount(from: RepositoryName)
        /// `HEAD` of the blob.
        case find
        /// `POST` without more.
        case start
        /// `GET` of the session: how many bytes it has.
        case ask(location: String)
        /// `PUT` of the whole blob to the `Location` that a reply gave.
        case send(location: String)
        /// `PATCH` of a part of the blob.
        case sendPiece(location: String, Range<Int64>)
        /// `PUT` without a body, after the last piece.
        case close(location: String)
        /// `HEAD` of the blob that was confirmed, where that is not known to mean that it is there.
        case confirm
        /// The registry has the blob.
        case finish(Arrival)
        /// No further request can help.
        case fail
    }

    /// What is to be sent where.
    struct Terms {
        let repository: RepositoryName
        /// A repository of the registry that is known to hold the blob.
        var sibling: RepositoryName?
        /// The size of the blob.
        let size: Int64
        /// Whether the registry's own copy is known to be wrong: a question or a mount would only find that.
        var replaces = false
        /// Blobs above this size come in pieces where an upload can go on.
        var piecesAbove: Int64 = 64 << 20
    }

    /// Refusals and lost sessions that are borne without getting any further.
    private static let patience = 6
    /// No piece is made smaller than this.
    private static let smallestPiece: Int64 = 64 << 10

    /// What can be relied on; answers can show it at any time.
    var profile: RegistryProfile
    /// The request whose reply is awaited, or how it ended.
    private(set) var action: Action
    /// What the replies have taught about the registry.
    private(set) var lessons: UploadLessons
    /// Where the upload could go on after an interruption.
    private(set) var checkpoint: UploadCheckpoint?
    /// The bytes that the registry had acknowledged and has lost, if the last reply said so.
    private(set) var setback: Int64?
    /// Whether the last reply let an earlier upload go on.
    private(set) var isResumed = false

    private let terms: Terms
    private var acknowledged: Int64 = 0
    private var smallestAllowed: Int64 = 1
    /// Replies that did not help, since the registry acknowledged something new.
    private var refusals = 0
    /// The offset that the session said it is at.
    private var statedOffset: Int64?

    /// Begins with the first request.
    /// - Parameter checkpoint: Where an earlier upload of the blob to the repository stopped.
    init(
        _ terms: Terms,
        _ profile: RegistryProfile,
        _ lessons: UploadLessons = UploadLessons(),
        from checkpoint: UploadCheckpoint? = nil
    ) {
        self.terms = terms
        self.profile = profile
        self.lessons = lessons
        self.checkpoint = checkpoint
        if let checkpoint {
            acknowledged = checkpoint.offset
            action = .ask(location: checkpoint.location)
        } else if terms.replaces {
            action = .start
        } else {
            let from = terms.sibling ?? terms.repository
            let isClosed = lessons.mountRefused || lessons.closedWays.contains(.init(from: from, to: terms.repository))
            action = isClosed ? .find : .mount(from: from)
        }
    }

    /// Takes the reply to ``action`` and returns the next action.
    mutating func advance(after reply: UploadReply) -> Action {
        setback = nil
        isResumed = false
        if let minimum = reply.minimumChunk { smallestAllowed = minimum }
        action =
            switch action {
            case .mount, .find, .start: beginning(reply)
            case .ask(let location): answer(reply, at: location)
            case .send: end(reply)
            case .sendPiece(let location, let range): next(reply, after: range, at: location)
            case .close(let location): closing(reply, at: location)
            case .confirm: reply.status == 200 ? .finish(.copied) : .fail
            case .finish, .fail: action
            }
        if case .finish = action { checkpoint = nil }
        return action
    }

    /// Whether the bytes come by `PATCH`.
    private var comesByPatch: Bool { comesInPieces || lessons.patchFirst && !lessons.chunksRefused }

    /// Whether the bytes come in as many requests as their number asks for.
    private var comesInPieces: Bool {
        if lessons.bodyLimit.map({ terms.size > $0 }) ?? false { return true }
        if let above = profile.chunksAbove, terms.size > above { return true }
        return profile.goesOn && !lessons.chunksRefused && terms.size > terms.piecesAbove
    }

    /// The bytes of a piece, but the last.
    private var piece: Int64 {
        max(smallestAllowed, min(comesInPieces ? profile.chunk : .max, lessons.bodyLimit ?? .max))
    }
}

extension UploadMachine {
    private mutating func beginning(_ reply: UploadReply) -> Action {
        switch (action, reply.status) {
        case (.mount, 201): return .finish(terms.sibling == nil ? .present : .mounted)
        case (.mount, 202), (.start, 202):
            guard let location = reply.location else { return .fail }
            guard comesByPatch else { return .send(location: location) }
            acknowledged = 0
            return goOn(at: location)
        case (.mount, 400), (.mount, 404), (.mount, 405), (.mount, 501):
            // Docker Hub answers 400 to a `from` that it has no repository for (crane#1741); others know no mounts.
            // Whether the repository itself is the trouble, the plain way will tell.
            lessons.mountRefused = true
            return .find
        case (.mount(let from), 401), (.mount(let from), 403):
            // The credential of this repository may not read the other one.
            return closeWay(from: from)
        case (.find, 200): return .finish(.present)
        case (.find, 404): return .start
        default: return .fail
        }
    }

    /// No token is given for a mount; returns `false` where the repository itself is what it is refused for.
    mutating func giveUpMount() -> Bool {
        guard case .mount(let from) = action else { return false }
        action = closeWay(from: from)
        return action != .fail
    }

    private mutating func closeWay(from: RepositoryName) -> Action {
        guard from != terms.repository else { return .fail }
        lessons.closedWays.insert(.init(from: from, to: terms.repository))
        return .find
    }

    /// The session says how far it is.
    private mutating func answer(_ reply: UploadReply, at location: String) -> Action {
        switch reply.status {
        case 200...299:
            guard let received = reply.received, received > 0, received <= terms.size else { return restart() }
            isResumed = true
            statedOffset = received
            noteProgress(to: received)
            return goOn(at: reply.location ?? location)
        // docker-registry 2.8 says 404 when it has got a byte more than its Location knows of, and gives the session up.
        case 400, 403, 404, 405, 410, 416, 501: return restart()
        default: return .fail
        }
    }

    /// The whole blob was sent.
    private mutating func end(_ reply: UploadReply) -> Action {
        switch reply.status {
        case 201: return profile.checksDigests ? .finish(.copied) : .confirm
        case 413: return shrink(terms.size) ? restart() : .fail
        // Some versions of Artifactory miss the blob that they are just sent, if no PATCH has brought it (buildx#196).
        case 404 where reply.isUnknownBlob && !lessons.chunksRefused:
            lessons.patchFirst = true
            return restart()
        default: return .fail
        }
    }

    /// A piece was sent.
    private mutating func next(_ reply: UploadReply, after range: Range<Int64>, at location: String) -> Action {
        let next = reply.location ?? location
        switch reply.status {
        // ECR answers 201, with a Range that stands still (containers-roadmap#2831).
        case 201, 202, 204:
            let isPartial =
                reply.status == 202 && reply.received.map { range.contains($0) && $0 > range.lowerBound } ?? false
            noteProgress(to: isPartial ? reply.received ?? range.upperBound : range.upperBound)
            return goOn(at: next)
        case 413: return shrink(Int64(range.count)) ? ask(at: next) : .fail
        case 416:
            // Said of the offset that the session itself has stated, it cannot be about the offset.
            guard reply.isAboutSize || statedOffset == range.lowerBound else { return ask(at: next) }
            return shrink(Int64(range.count)) ? ask(at: next) : .fail
        case 404, 410: return restart()
        case 400, 405, 411, 415, 501:
            if range.lowerBound == 0, !lessons.chunksProven { lessons.chunksRefused = true }
            return restart()
        default: return .fail
        }
    }

    /// The upload was to be closed.
    private mutating func closing(_ reply: UploadReply, at location: String) -> Action {
        switch reply.status {
        case 201:
            lessons.chunksProven = true
            return profile.checksDigests ? .finish(.copied) : .confirm
        case 404, 410: return restart()
        case 416: return ask(at: reply.location ?? location)
        case 400, 405, 409, 415, 422:
            // ECR takes pieces and then refuses what they make (regclient, tart#273): next time the blob goes whole.
            if !lessons.chunksProven { lessons.chunksRefused = true }
            checkpoint = nil
            return .fail
        default: return .fail
        }
    }

    private mutating func goOn(at location: String) -> Action {
        checkpoint = profile.goesOn ? UploadCheckpoint(location: location, offset: acknowledged) : nil
        guard acknowledged < terms.size else { return .close(location: location) }
        let end = acknowledged + min(piece, terms.size - acknowledged)
        return .sendPiece(location: location, acknowledged..<end)
    }

    private mutating func noteProgress(to offset: Int64) {
        if offset > acknowledged { refusals = 0 }
        acknowledged = offset
    }

    private mutating func ask(at location: String) -> Action {
        refusals += 1
        return refusals > Self.patience ? .fail : .ask(location: location)
    }

    private mutating func restart() -> Action {
        if acknowledged > 0 { setback = acknowledged }
        acknowledged = 0
        checkpoint = nil
        statedOffset = nil
        refusals += 1
        guard refusals <= Self.patience else { return .fail }
        return .start
    }

    /// Takes note that so many bytes were too many for one request; `false` if fewer would be absurd.
    private mutating func shrink(_ count: Int64) -> Bool {
        guard count > Self.smallestPiece else { return false }
        let limit = max(min(count / 2, 16 << 20), Self.smallestPiece)
        lessons.bodyLimit = min(lessons.bodyLimit ?? .max, limit)
        return true
    }
}
