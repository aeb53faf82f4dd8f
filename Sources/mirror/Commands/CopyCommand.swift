// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Replication

/// `mirror copy`: one pair of addresses, no configuration.
struct CopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy an image, a repository or a whole registry to another registry, or from or to a folder.",
        usage: """
            mirror copy [<options>] <source> <destination>
            mirror copy [<options>] --from-images <file> ... <destination>
            """,
        discussion: """
            The destination replaces the fixed part of the source: a/x/app to b/y/app2 maps exactly, a/x/** to b/y maps \
            a/x/N to b/y/N, a/ to b/m maps N to m/N.

            ADDRESSES
              host/path:tag        one image (without a tag: latest)
              host/path@sha256:…   one image by its digest
              host/path            with --all-tags: every tag of one repository
              host/path/*          every repository one level below
              host/path/**         every repository below
              host/                the whole registry
              nginx                Docker Hub's library/nginx
              layout:DIR           a store of repositories in a folder; layout:DIR//path:tag is one image of it
              oci:DIR:tag          one image of an OCI image layout
              oci-archive:FILE:tag, docker-archive:FILE//path:tag, bundle:FILE//path:tag
                                   images in files, as sources

            With --from-images, the images that files name are copied, of whatever registries, each to its own path below the \
            destination: docker.io/library/nginx:1 to b/m becomes b/m/library/nginx:1. The files can be manifests of \
            Kubernetes, what helm template prints, files of Compose, or lists with one image a line.

            An image that is named by its digest alone gets a tag made of the digest, since registries remove as garbage what \
            has none.

            Requests use HTTPS, except to localhost, 127.0.0.0/8, ::1 and hosts written with http://.

            EXAMPLES
              mirror copy registry.lan/team/app:1.4 localhost:5000/team/app
              mirror copy --all-tags registry.lan/team/app localhost:5000/team/app
              mirror copy --dry-run 'registry.lan/team/**' localhost:5000/team
              mirror copy localhost:5000/ localhost:5001/
              mirror copy registry.lan/team/app:1.4 oci:app:1.4
              mirror copy --from-images app.yaml localhost:5000/hub
              helm template ./chart | mirror copy --from-images - localhost:5000/hub
            """
    )

    @Argument(help: ArgumentHelp("What to copy, and where to copy it to.", valueName: "address"))
    var addresses: [String] = []

    @Flag(help: "Copy all tags of a repository that is named without a tag.")
    var allTags = false

    @Flag(help: "Print what would be done, and change nothing.")
    var dryRun = false

    @OptionGroup var lists: ImageListOptions
    @OptionGroup var images: ImageOptions
    @OptionGroup var configuration: ConfigOptions
    @OptionGroup var output: OutputOptions

    mutating func validate() throws { try words.check() }

    private var words: CopyWords { CopyWords(words: addresses, lists: lists, allTags: allTags, images: images) }

    func run() async throws {
        let show = Show(output)
        let pairs = try words.pairs(warn: show.warn)
        let access = try configuration.access(warn: show.warn)
        throw await withInterruption { interruption in
            await withPlaces(access) { pool in
                let run = CopyRun(pairs, pool, show, images.choice)
                return dryRun ? await run.plan(interruption).0 : await run.copy(interruption)
            }
        }
    }
}
