// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

/// When what arrives from a registry is also kept on the disk, until it has arrived at the destination.
public enum SpoolRule: String, CaseIterable, Hashable, Sendable {
    /// Where that can save a transfer: not from a registry of this machine, and not where the disk is short of room.
    case auto
    /// From every registry.
    case always
    /// Nowhere.
    case never
}
