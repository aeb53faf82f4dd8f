// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import OCIContent
import OCIRegistry
import Synchronization

/// What was found out about a registry, with what the config file says of it already.
struct DoctorReport {
    let subject: RegistrySubject
    let settings: RegistrySettings
    let witness: RequestWitness
    var credential: Credential?
    var outcome: Result<RegistryDiagnosis, any Error> = .failure(CancellationError())

    /// Whether the registry can be used as it is meant to be.
    var exitCode: ExitCode {
        switch outcome {
        case .success(let diagnosis):
            // Whoever only reads misses no right to write.
            let missing = diagnosis.access.missing.filter { diagnosis.writing != nil || !$0.hasSuffix(":push") }
            if case .failure? = diagnosis.writing { return .failure }
            return missing.isEmpty ? .success : .failure
        case .failure(let error): return error is RegistryError ? .unavailable : .configuration
        }
    }
}

/// What the requests of an examination tell besides their answers.
final class RequestWitness: Sendable {
    private struct State {
        var refusals = 0
        var pullLimit: PullLimit?
    }

    private let state = Mutex(State())

    /// How many requests were answered with 429.
    var refusals: Int { state.withLock { $0.refusals } }
    /// How many manifests may still be fetched, as it was said last.
    var pullLimit: PullLimit? { state.withLock { $0.pullLimit } }

    @Sendable func note(_ request: RequestRecord) {
        state.withLock { state in
            if request.status == 429 { state.refusals += 1 }
            state.pullLimit = request.pullLimit ?? state.pullLimit
        }
    }
}
