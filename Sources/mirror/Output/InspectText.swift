// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import OCI
import Replication

/// The tree of an image for people.
struct InspectText {
    /// A line of the tree: its columns, or a note on the line above.
    private enum Row {
        case columns(label: String, digest: String, size: String, type: String, remark: String?)
        case note(indent: String, text: String)
    }

    private let name: String
    private let tree: ImageTree
    private var rows: [Row] = []

    /// - Parameter name: What the image was asked for as.
    init(name: String, tree: ImageTree) {
        self.name = name
        self.tree = tree
        add(tree.root, label: "", indent: "")
    }

    /// The whole text, printable.
    func text(_ style: Style) -> String {
        let labels = rows.map { if case .columns(let label, _, _, _, _) = $0 { label.count } else { 0 } }
        let digests = rows.map { if case .columns(_, let digest, _, _, _) = $0 { digest.count } else { 0 } }
        let sizes = rows.map { if case .columns(_, _, let size, _, _) = $0 { size.count } else { 0 } }
        let widths = (label: labels.max() ?? 0, digest: digests.max() ?? 0, size: sizes.max() ?? 0)
        var lines = [style.bold(name.printable)]
        for row in rows {
            switch row {
            case .columns(let label, let digest, let size, let type, let remark):
                let columns = [
                    style.green(label.padded(to: widths.label)), digest.padded(to: widths.digest),
                    String(repeating: " ", count: widths.size - size.count) + size,
                ]
                let end = remark.map { "\(style.dim(type))  \(style.yellow($0))" } ?? style.dim(type)
                lines.append((columns + [end]).joined(separator: "  "))
            case .note(let indent, let text): lines.append(indent + style.dim(text))
            }
        }
        return (lines + totals(style)).joined(separator: "\n")
    }

    private func totals(_ style: Style) -> [String] {
        let totals = tree.totals
        var lines = [
            "",
            style.bold("total: \(Measures.bytes(totals.manifestBytes.addingClamped(totals.blobBytes)))"),
            "  manifests  \(totals.manifests) (\(Measures.bytes(totals.manifestBytes)))",
            "  blobs      \(totals.blobs) (\(Measures.bytes(totals.blobBytes)))",
        ]
        if !totals.platforms.isEmpty {
            lines.append("  platforms  \(totals.platforms.map(\.description).joined(separator: ", "))".printable)
        }
        return lines
    }

    private mutating func add(_ node: ImageTree.Node, label: String, indent: String) {
        let descriptor = node.descriptor
        rows.append(
            .columns(
                label: label + Self.title(of: node).printable,
                digest: descriptor.digest.short,
                size: Measures.bytes(descriptor.size),
                type: descriptor.mediaType.text,
                remark: Self.remark(on: node)?.printable
            )
        )
        for note in Self.notes(on: node) { rows.append(.note(indent: indent + "  ", text: note.printable)) }
        switch node.content {
        case .shownAbove: break
        case .manifests(let nodes):
            for (place, child) in nodes.enumerated() {
                let isLast = place == nodes.count - 1
                add(child, label: indent + Self.branch(isLast), indent: indent + Self.trunk(isLast))
            }
        case .blobs(let config, let layers):
            add(config, "config", label: indent + Self.branch(layers.isEmpty))
            for (place, layer) in layers.enumerated() {
                add(layer, "layer", label: indent + Self.branch(place == layers.count - 1))
            }
        }
    }

    private mutating func add(_ blob: Descriptor, _ title: String, label: String) {
        rows.append(
            .columns(
                label: label + title,
                digest: blob.digest.short,
                size: Measures.bytes(blob.size),
                type: blob.mediaType.text,
                remark: blob.isNonDistributable ? "not distributed" : nil
            )
        )
    }

    private static func branch(_ isLast: Bool) -> String { isLast ? "└─ " : "├─ " }

    private static func trunk(_ isLast: Bool) -> String { isLast ? "   " : "│  " }

    private static func title(of node: ImageTree.Node) -> String {
        if node.attested != nil { return "attestation" }
        if let platform = node.descriptor.platform { return platform.description }
        return node.descriptor.mediaType.isIndex ? "index" : "manifest"
    }

    private static func remark(on node: ImageTree.Node) -> String? {
        var parts: [String] = []
        if let type = node.artifactType { parts.append("artifact \(type)") }
        if let subject = node.details.subject { parts.append("about \(subject.digest.short)") }
        if node.content == .shownAbove { parts.append("as above") }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// The annotations of an attestation, which say what it attests.
    private static func notes(on node: ImageTree.Node) -> [String] {
        guard node.attested != nil else { return [] }
        return node.entry.annotations.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    }
}

extension ImageTree.Node {
    /// What kind of reference BuildKit says the manifest is; it puts attestations into the index of their image.
    fileprivate var attested: String? { entry.annotations["vnd.docker.reference.type"] }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
