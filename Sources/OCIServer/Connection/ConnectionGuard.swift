// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Stands between the parser and the routes of a connection: lets in requests that can be read in one way only, ends those
/// that take too long, and closes connections so that their clients see the last answer.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// An outbound event: the client may send the body that it announced.
    struct SendContinue: Sendable {}

    /// The body did not come to its end.
    enum BodyCut: Error {
        /// The connection ended.
        case disconnected
        /// It took too long.
        case timedOut
    }

    /// A request that was let in and not yet answered.
    private struct Exchange {
        var keepsAlive: Bool
        let isOldVersion: Bool
    }

    private enum Phase {
        case open
        /// Nothing more is read, but there are answers to be written.
        case draining
        /// The last answer was written; what still comes is thrown away.
        case lingering
    }

    private let limits: ServerLimits
    private var clock: ConnectionClock
    private var exchanges = CircularBuffer<Exchange>()
    private var phase = Phase.open
    private var isReadingBody = false
    private var isReadPending = false
    private var endsAfterAnswer = false
    private var isQuiescing = false
    private var headBytes = 0
    /// What is to be answered after the answers that are under way.
    private var lastAnswer: RegistryFault?
    private var timer: Scheduled<Void>?

    init(_ limits: ServerLimits) {
        self.limits = limits
        clock = ConnectionClock(limits, now: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { tick(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelActive(context: ChannelHandlerContext) {
        tick(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        if isReadingBody, phase == .open { context.fireErrorCaught(BodyCut.disconnected) }
        context.fireChannelInactive()
    }

    /// Counts bytes that have not been parsed yet.
    func bytesArrived(_ count: Int) {
        clock.bytesArrived(count, now: .now())
        if !isReadingBody { headBytes += count }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .open else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): admit(head, context)
        case .body(let buffer): context.fireChannelRead(wrapInboundOut(.body(buffer)))
        case .end(let trailers):
            isReadingBody = false
            headBytes = 0
            clock.bodyEnded()
            context.fireChannelRead(wrapInboundOut(.end(trailers.map { HTTPFields($0, splitCookie: false) })))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReadPending = false
        // The parser bounds the fields, but not the line before them.
        if phase == .open, !isReadingBody, headBytes > limits.headerBytes + (256 << 10) {
            refuse(.headTooLarge, context)
        }
        context.fireChannelReadComplete()
        if phase == .lingering { context.read() }
    }

    func read(context: ChannelHandlerContext) {
        isReadPending = true
        context.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard phase == .open else { return }
        guard let error = error as? HTTPParserError else {
            context.fireErrorCaught(error)
            return
        }
        if isReadingBody {
            cut(error, context)
        } else if error == .invalidEOFState {
            exchanges.isEmpty ? context.close(promise: nil) : stopReading()
        } else {
            refuse(error == .headerOverflow ? .headTooLarge : .malformed, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            if exchanges.isEmpty, phase == .open { context.close(promise: nil) }
        case ChannelEvent.inputClosed where phase == .lingering || (exchanges.isEmpty && phase == .open):
            context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        clock.writabilityChanged(context.channel.isWritable, now: .now())
        context.fireChannelWritabilityChanged()
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is SendContinue else { return context.triggerUserOutboundEvent(event, promise: promise) }
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: promise)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase != .lingering else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let response): write(response, context, promise)
        case .body(let buffer): context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: promise)
        case .end: finishAnswer(context, promise)
        }
    }
}

extension ConnectionGuard {
    /// Lets a request in, or refuses it for what two readers could read in two ways (RFC 9112, 11.2).
    private func admit(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        headBytes = 0
        let headers = head.headers
        let isOldVersion = head.version.minor == 0
        let hosts = headers["Host"].count
        let encodings = headers["Transfer-Encoding"]
        let isChunked = !encodings.isEmpty
        // The parser lets other encodings pass, whose bodies have no end that is known.
        guard encodings.isEmpty || (encodings.count == 1 && encodings[0].lowercased() == "chunked") else {
            return refuse(.malformed, context)
        }
        guard head.version.major == 1, head.uri.utf8.first == UInt8(ascii: "/"), hosts <= 1, hosts == 1 || isOldVersion,
            !(isChunked && (isOldVersion || headers.contains(name: "Content-Length"))),
            let request = try? HTTPRequest(head, secure: false, splitCookie: false)
        else { return refuse(.malformed, context) }
        exchanges.append(Exchange(keepsAlive: head.isKeepAlive, isOldVersion: isOldVersion))
        isReadingBody = true
        clock.headArrived(now: .now())
        context.fireChannelRead(wrapInboundOut(.head(request)))
    }

    /// Ends a connection with an answer, after those that are under way.
    private func refuse(_ fault: RegistryFault, _ context: ChannelHandlerContext) {
        stopReading()
        guard exchanges.isEmpty else { return lastAnswer = fault }
        writeLast(fault, context)
    }

    /// Ends the body that is being read with an error; its request can still be answered.
    private func cut(_ error: any Error, _ context: ChannelHandlerContext) {
        stopReading()
        context.fireErrorCaught(error)
        if exchanges.isEmpty { linger(context) }
    }

    private func stopReading() {
        phase = .draining
        endsAfterAnswer = true
        clock.bodyEnded()
    }

    private func write(_ response: HTTPResponse, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        var head = HTTPResponseHead(response)
        if let exchange = exchanges.first {
            let closes =
                !exchange.keepsAlive || isQuiescing || (phase == .draining && exchanges.count == 1 && lastAnswer == nil)
                || response.headerFields[.connection] == "close"
            if closes {
                endsAfterAnswer = true
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            } else if exchange.isOldVersion {
                head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
            }
            exchanges[exchanges.startIndex].keepsAlive = !closes
        }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    private func finishAnswer(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        let exchange = exchanges.popFirst()
        clock.answerEnded(now: .now())
        guard exchange?.keepsAlive == false || (exchanges.isEmpty && endsAfterAnswer) else {
            return context.write(wrapOutboundOut(.end(nil)), promise: promise)
        }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
        if exchange?.keepsAlive != false, let lastAnswer { return writeLast(lastAnswer, context) }
        context.flush()
        linger(context)
    }

    private func writeLast(_ fault: RegistryFault, _ context: ChannelHandlerContext) {
        let body = fault.body
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: fault.status.code))
        head.headers.add(name: "Content-Type", value: "application/json")
        head.headers.add(name: "Content-Length", value: "\(body.count)")
        head.headers.add(name: "Connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    /// Says that nothing more will be written, and reads until the client has closed or a short while has passed: a socket
    /// that is closed with unread bytes is reset, and the client would lose the answer.
    private func linger(_ context: ChannelHandlerContext) {
        phase = .lingering
        clock.lingers(now: .now())
        let isolated = context.eventLoop.assumeIsolated()
        context.close(mode: .output)
            .assumeIsolated()
            .whenFailure { _ in context.close(promise: nil) }
        isolated.execute { context.read() }
    }

    private func tick(_ context: ChannelHandlerContext) {
        guard timer == nil else { return }
        timer = context.eventLoop.assumeIsolated()
            .scheduleTask(in: ConnectionClock.interval(limits)) { [weak self] in
                guard let self else { return }
                timer = nil
                judge(context)
                if context.channel.isActive { tick(context) }
            }
    }

    private func judge(_ context: ChannelHandlerContext) {
        switch clock.verdict(isReading: isReadPending, now: .now()) {
        case .patience: break
        case .close: context.close(promise: nil)
        case .headTimedOut: if phase == .open { refuse(.headTimedOut, context) }
        case .bodyTimedOut: if phase == .open { cut(BodyCut.timedOut, context) }
        }
    }
}

extension RegistryFault {
    static let malformed = RegistryFault(
        status: .badRequest,
        code: "UNSUPPORTED",
        message: "the request is not properly formed",
        closesConnection: true
    )

    static let headTooLarge = RegistryFault(
        status: .requestHeaderFieldsTooLarge,
        code: "UNSUPPORTED",
        message: "the head of the request is too large",
        closesConnection: true
    )

    static let headTimedOut = RegistryFault(
        status: .requestTimeout,
        code: "UNSUPPORTED",
        message: "the request took too long",
        closesConnection: true
    )
}
