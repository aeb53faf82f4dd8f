// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

public import OCI
public import OCIContent

/// What is to be copied from where to where.
public struct Job: Sendable {
    /// Where content is read from.
    public let source: any SourceEndpoint
    /// Where it is written to.
    public let destination: any SinkEndpoint
    /// What of the source is meant.
    public let selection: Selection
    /// What repositories are called at the destination.
    public let mapping: NameMapping
    /// What becomes of tags that the destination has already.
    public let overwrite: OverwriteRule
    /// What becomes of tags of companions that the destination has, and that differ.
    public let companionOverwrite: OverwriteRule
    /// What of the images is copied.
    public let images: ImageChoice
    /// What earlier runs knew of the destination's tags.
    public let memory: any TagMemory
    /// What earlier runs knew of the dates of images.
    public let dates: any DateHints
    /// How many manifests the source lets be fetched, where it counts them.
    public let pulls: (any PullBudget)?

    /// Makes a job.
    public init(
        source: any SourceEndpoint,
        destination: any SinkEndpoint,
        selection: Selection,
        mapping: NameMapping,
        overwrite: OverwriteRule = .always,
        companionOverwrite: OverwriteRule? = nil,
        images: ImageChoice = ImageChoice(),
        memory: any TagMemory = NoTagMemory(),
        dates: any DateHints = NoDateHints(),
        pulls: (any PullBudget)? = nil
    ) {
        self.source = source
        self.destination = destination
        self.selection = selection
        self.mapping = mapping
        self.overwrite = overwrite
        self.companionOverwrite = companionOverwrite ?? overwrite
        self.images = images
        self.memory = memory
        self.dates = dates
        self.pulls = pulls
    }
}
