// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Lets what comes in on a connection pass later, and no faster than a rate, in order.
///
/// It reads ahead by itself, so that the delay alone does not limit the rate; what it holds is bounded, and then the other
/// end of the connection has to wait.
final class Pacer: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// How much is held at most, but for what one read brings.
    private static let room = 64 << 20

    private enum Item {
        case bytes(ByteBuffer)
        /// The other end has said all.
        case end
    }

    private let latency: TimeAmount
    private let bytesPerSecond: Int?
    private var items: CircularBuffer<(item: Item, due: NIODeadline)> = []
    private var heldBytes = 0
    private var lastDue = NIODeadline.now()
    private var timer: Scheduled<Void>?
    /// Whether somebody waits for bytes.
    private var isWanted = false
    /// Whether a read was asked for that has brought nothing yet.
    private var isReading = false

    init(latency: Duration, bytesPerSecond: Int?) {
        self.latency = TimeAmount(latency)
        self.bytesPerSecond = bytesPerSecond
    }

    func read(context: ChannelHandlerContext) {
        isWanted = true
        deliver(context)
        readAhead(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = false
        var buffer = unwrapInboundIn(data)
        heldBytes += buffer.readableBytes
        guard let rate = bytesPerSecond else {
            items.append((.bytes(buffer), .now() + latency))
            return
        }
        let arrival = NIODeadline.now() + latency
        while let piece = buffer.readSlice(length: min(max(1, rate / 50), buffer.readableBytes)),
            piece.readableBytes > 0
        {
            lastDue = max(lastDue, arrival) + .nanoseconds(Int64(piece.readableBytes) * 1_000_000_000 / Int64(rate))
            items.append((.bytes(piece), lastDue))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        deliver(context)
        readAhead(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        items.append((.end, max(lastDue, .now() + latency)))
        deliver(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        flush(context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        flush(context)
        context.fireErrorCaught(error)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
    }

    private func readAhead(_ context: ChannelHandlerContext) {
        // With a rate, a second's worth: the sender is to feel how slow it is.
        let room = bytesPerSecond.map { min(Self.room, max(4096, $0)) } ?? Self.room
        guard !isReading, heldBytes < room else { return }
        isReading = true
        context.read()
    }

    /// Hands on what is due, if somebody waits for it.
    private func deliver(_ context: ChannelHandlerContext) {
        guard isWanted else { return }
        let now = NIODeadline.now()
        var hasDelivered = false
        while let first = items.first, first.due <= now {
            hasDelivered = true
            handOn(items.removeFirst().item, context)
        }
        if hasDelivered {
            isWanted = false
            context.fireChannelReadComplete()
            // The channel asks for more after its own reads only, and these were over long ago.
            context.channel.read()
        }
        if timer == nil, isWanted, let due = items.first?.due { schedule(due, context) }
    }

    private func schedule(_ due: NIODeadline, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(deadline: due) {
            let (pacer, context) = bound.value
            pacer.timer = nil
            pacer.deliver(context)
        }
    }

    /// Hands on what is left, at once: the connection is over.
    private func flush(_ context: ChannelHandlerContext) {
        guard !items.isEmpty else { return }
        while let next = items.popFirst() { handOn(next.item, context) }
        context.fireChannelReadComplete()
    }

    private func handOn(_ item: Item, _ context: ChannelHandlerContext) {
        switch item {
        case .bytes(let buffer):
            heldBytes -= buffer.readableBytes
            context.fireChannelRead(wrapInboundOut(buffer))
        case .end: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }
}
