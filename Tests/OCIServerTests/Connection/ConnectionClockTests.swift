// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import OCIServer

@Suite struct ConnectionClockTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private var limits: ServerLimits {
        var limits = ServerLimits()
        limits.idleTimeout = .seconds(100)
        limits.headTimeout = .seconds(10)
        limits.bodyTimeout = .seconds(20)
        limits.bodyMinimum = 100
        limits.writeTimeout = .seconds(30)
        limits.lingerTimeout = .seconds(2)
        return limits
    }

    private func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }
    private func clock() -> ConnectionClock { ConnectionClock(limits, now: start) }

    @Test func `a silent connection is closed when its time is over`() {
        var clock = clock()
        #expect(clock.verdict(isReading: true, now: at(99)) == .patience)
        #expect(clock.verdict(isReading: true, now: at(100)) == .close)
    }

    @Test func `a head that comes byte by byte is ended, however many bytes come`() {
        var clock = clock()
        for second in 0..<10 { clock.bytesArrived(1, now: at(Int64(second))) }
        #expect(clock.verdict(isReading: true, now: at(9)) == .patience)
        #expect(clock.verdict(isReading: true, now: at(10)) == .headTimedOut)
    }

    @Test func `a body must bring its minimum in each span`() {
        var clock = clock()
        clock.headArrived(now: at(0))
        clock.bytesArrived(100, now: at(5))
        #expect(clock.verdict(isReading: true, now: at(20)) == .patience)
        clock.bytesArrived(99, now: at(30))
        #expect(clock.verdict(isReading: true, now: at(39)) == .patience)
        #expect(clock.verdict(isReading: true, now: at(40)) == .bodyTimedOut)
    }

    @Test func `a server that does not read waits for nobody`() {
        var clock = clock()
        clock.headArrived(now: at(0))
        for second in stride(from: 0, through: 1000, by: 5) {
            #expect(clock.verdict(isReading: false, now: at(Int64(second))) == .patience)
        }
        #expect(clock.verdict(isReading: true, now: at(1019)) == .patience)
        #expect(clock.verdict(isReading: true, now: at(1020)) == .bodyTimedOut)
    }

    @Test func `an answer that takes long is no silence of the client`() {
        var clock = clock()
        clock.headArrived(now: at(0))
        clock.bodyEnded()
        #expect(clock.verdict(isReading: true, now: at(1000)) == .patience)
        clock.answerEnded(now: at(1000))
        #expect(clock.verdict(isReading: true, now: at(1099)) == .patience)
        #expect(clock.verdict(isReading: true, now: at(1100)) == .close)
    }

    @Test func `a client that takes nothing is left`() {
        var clock = clock()
        clock.headArrived(now: at(0))
        clock.bodyEnded()
        clock.writabilityChanged(false, now: at(1))
        clock.writabilityChanged(true, now: at(20))
        clock.writabilityChanged(false, now: at(25))
        #expect(clock.verdict(isReading: true, now: at(54)) == .patience)
        #expect(clock.verdict(isReading: true, now: at(55)) == .close)
    }

    @Test func `a connection that is over lingers for a short while`() {
        var clock = clock()
        clock.headArrived(now: at(0))
        clock.lingers(now: at(1))
        #expect(clock.verdict(isReading: true, now: at(2)) == .patience)
        #expect(clock.verdict(isReading: true, now: at(3)) == .close)
    }

    @Test func `a connection that is over is read on while its client sends, but not for ever`() {
        var clock = clock()
        clock.lingers(now: at(0))
        for second in 1..<30 {
            clock.bytesArrived(1, now: at(Int64(second)))
            #expect(clock.verdict(isReading: true, now: at(Int64(second) + 1)) == (second < 29 ? .patience : .close))
        }
        var silent = self.clock()
        silent.lingers(now: at(0))
        silent.bytesArrived(1, now: at(1))
        #expect(silent.verdict(isReading: true, now: at(3)) == .close)
    }
}
