// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// How many requests are to be under way at once: few at first, more as long as that brings more, up to a bound.
///
/// It is decided anew after each round, which is as many answers as requests may be under way. The width doubles each round
/// until a host has no more to give, and goes up by one afterwards, so that a host that is fast is used fully within a
/// handful of answers.
struct AdaptiveWidth: Sendable {
    /// The width at first, where the bound is not less.
    static let start = 4
    /// Answers that come sooner than this are quick, and differences among them are noise.
    static let quick = Duration.milliseconds(10)
    /// How many times longer than the quickest an answer may take before it counts as a sign of too much.
    static let strain = 4.0
    /// Up to here a host has room for more, whatever a short round says of its throughput.
    static let ease = 2.0
    /// By how much a rate must be higher to count as grown.
    private static let growth = 1.05

    /// Requests of which answers are expected after about the same time.
    struct Kind: Hashable, Sendable {
        let method: String
        let purpose: RequestRecord.Kind
    }

    private struct Round {
        let start: Duration
        var answers = 0
        var bytes: Int64 = 0
        var heads: [Kind: (count: Int, total: Duration)] = [:]

        init(at start: Duration) { self.start = start }
    }

    private struct Rates {
        let answers: Double
        let bytes: Double
    }

    /// The most that is ever allowed.
    let bound: Int
    /// How many requests may be under way now.
    private(set) var width: Int
    private var isClimbing = true
    private var round = Round(at: .zero)
    private var last: Rates?
    /// The quickest mean of a round, by kind.
    private var best: [Kind: Duration] = [:]
    /// How slow answers were when the width was made less for that reason.
    private var strainBefore: Double?

    /// Makes a width that never exceeds `bound`, which is at least 1.
    init(bound: Int) {
        self.bound = max(1, bound)
        width = min(self.bound, Self.start)
    }

    /// Takes a good answer.
    /// - Parameters:
    ///   - head: How long its head took; `nil` where that says nothing of the host, as after an upload.
    ///   - now: The time since the run began.
    mutating func answered(_ kind: Kind, after head: Duration?, at now: Duration) {
        round.answers += 1
        if let head {
            let known = round.heads[kind] ?? (0, .zero)
            round.heads[kind] = (known.count + 1, known.total + head)
        }
        if round.answers >= width { endRound(at: now) }
    }

    /// Takes bytes of a body, in either direction.
    mutating func moved(_ count: Int) { round.bytes &+= Int64(count) }

    /// Takes that the host asked to be left alone; call it once a pause.
    mutating func refused(at now: Duration) {
        width = max(1, width / 2)
        isClimbing = false
        strainBefore = nil
        last = nil
        round = Round(at: now)
    }

    private mutating func endRound(at now: Duration) {
        let seconds = max((now - round.start) / .seconds(1), 1e-6)
        let rates = Rates(answers: Double(round.answers) / seconds, bytes: Double(round.bytes) / seconds)
        let hasGrown =
            last.map {
                rates.answers > $0.answers * Self.growth || rates.bytes > $0.bytes * Self.growth
            } ?? true
        let strain = measureStrain()
        if strain > Self.strain, !hasGrown {
            width = max(1, width - max(1, width / 4))
            isClimbing = false
            strainBefore = strain
        } else if hasGrown || strain <= Self.ease {
            width = min(bound, isClimbing ? width * 2 : width + 1)
        } else {
            isClimbing = false
        }
        last = rates
        round = Round(at: now)
    }

    /// How many times longer than at their best answers took in this round.
    private mutating func measureStrain() -> Double {
        let means = round.heads.mapValues { $0.total / $0.count }
        var weighted = 0.0
        var count = 0
        for (kind, mean) in means {
            let heads = round.heads[kind]?.count ?? 0
            weighted += mean / max(best[kind] ?? mean, Self.quick) * Double(heads)
            count += heads
        }
        var strain = count == 0 ? 1 : weighted / Double(count)
        // Slowness that fewer requests do not mend is not of our making: it is the new measure.
        if let before = strainBefore, strain > before * 0.9 {
            best = means
            strain = 1
        } else {
            best.merge(means) { min($0, $1) }
        }
        strainBefore = nil
        return strain
    }
}
