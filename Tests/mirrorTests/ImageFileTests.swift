// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OCI
import Testing

@testable import mirror

/// Which images a text names, and where.
@Suite struct ImageFileTests {
    private static let digest = "sha256:\(String(repeating: "1", count: 64))"

    /// `LINE IMAGE`, as the image is called in full.
    private func images(_ text: String) throws -> [String] {
        try ImageFile(Array(text.utf8), name: "f").images.map { "\($0.mark.line) \($0.address)" }
    }

    /// What is wrong with a text, a line each, without the name of the file.
    private func mistakes(_ text: String) -> [String] {
        do throws(ConfigMistakes) {
            let file = try ImageFile(Array(text.utf8), name: "f")
            Issue.record("read: \(file.images)")
            return []
        } catch { return ConfigWording.lines(for: error).map { String($0.dropFirst("f:".count)) } }
    }

    @Test func `a Deployment names the images of all its containers and volumes`() throws {
        let text = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: { name: web, annotations: { note: "image: not/this:1" } }
            spec:
              template:
                spec:
                  initContainers:
                  - name: init
                    image: busybox
                  containers:
                    - name: web
                      image: "ghcr.io/org/web:1.2@\(Self.digest)"
                      env: [{ name: HELPER, value: quay.io/not/this }]
                    - { name: side, image: 'localhost:5000/side' }
                    - name: same
                      image: docker.io/library/busybox:latest
                  ephemeralContainers:
                  - image: >-
                      quay.io/debug/tools:2
                  volumes:
                  - name: model
                    image:
                      reference: quay.io/models/small@\(Self.digest)
                      pullPolicy: IfNotPresent
            """
        #expect(
            try images(text) == [
                "9 docker.io/library/busybox:latest", "12 ghcr.io/org/web:1.2@\(Self.digest)",
                "14 localhost:5000/side:latest", "18 quay.io/debug/tools:2", "23 quay.io/models/small@\(Self.digest)",
            ]
        )
    }

    @Test func `what Helm renders is many documents, with comments and empty ones between`() throws {
        let text = """
            ---
            # Source: app/templates/serviceaccount.yaml
            apiVersion: v1
            kind: ServiceAccount
            ---
            # Source: app/templates/empty.yaml
            ---
            # Source: app/templates/cronjob.yaml
            kind: CronJob
            spec:
              jobTemplate:
                spec:
                  template:
                    spec:
                      containers:
                        - name: job
                          image: "registry.k8s.io/job:v1"   # the job
                          command: ["sh", "-c", "cron '*/5 * * * *' {{ not a template }}"]
            --- # Source: app/templates/pod.yaml
            kind: Pod
            spec: { containers: [{ image: alpine:3.20 }] }
            ...
            # The end
            """
        let expected = ["17 registry.k8s.io/job:v1", "21 docker.io/library/alpine:3.20"]
        #expect(try images(text) == expected)
        #expect(try images(text.replacing("\n", with: "\r\n")) == expected)
        #expect(
            try images("\u{FEFF}%YAML 1.1\n" + text) == [
                "18 registry.k8s.io/job:v1", "22 docker.io/library/alpine:3.20",
            ]
        )
    }

    @Test func `objects of any kind are looked through, and what is no image there is left out with a word`() throws {
        let text = """
            kind: Prometheus
            spec:
              image: quay.io/prometheus/prometheus:v3
              logo: { image: https://example.com/logo.png }
              thanos: { image: }
              features: { image: true, size: { image: 12 } }
              values: { image: { repository: quay.io/not/this, tag: v1 } }
              schema: { properties: { image: { type: string } } }
              list: { image: [a, b] }
            """
        let file = try ImageFile(Array(text.utf8), name: "f")
        #expect(file.images.map(\.address.description) == ["quay.io/prometheus/prometheus:v3"])
        #expect(
            file.warnings == [
                "left out: f:4:18: spec.logo.image: cannot read the address \"https://example.com/logo.png\", byte 1: it is not the "
                    + "reference of one image"
            ]
        )
    }

    @Test func `a file of Compose has defaults, anchors, aliases and merged mappings`() throws {
        let text = """
            x-worker: &worker
              image: ${REGISTRY:-quay.io}/org/worker:${TAG-1.0}
              environment: { A: b }
            x-name: &name "redis:7"
            services:
              one: { <<: *worker }
              two:
                <<: [*worker]
                command: work
              cache: { image: *name }
              db:
                image: "postgres:${PG:-${MAJOR:-16}-alpine}"
              built: { build: . }
            """
        #expect(
            try images(text) == [
                "2 quay.io/org/worker:1.0", "10 docker.io/library/redis:7", "12 docker.io/library/postgres:16-alpine",
            ]
        )
    }

    @Test func `JSON is YAML, so lists of objects can be JSON`() throws {
        let text = #"""
            {
                "apiVersion": "v1", "kind": "List",
                "items": [
                    {"kind": "Pod", "spec": {"containers": [{"image": "nginx:1", "name": "a"}],
                     "volumes": [{"image": {"reference": "quay.io/m/x:1"}}]}},
                    {"kind":"Pod","spec":{"containers":[{"image":"nginx:1"},{"image":"*"}]}}
                ]
            }
            """#
        #expect(
            mistakes(text) == [
                "6:74: items[1].spec.containers[1].image: cannot read the address \"*\", byte 1: it is not the reference of one image"
            ]
        )
        #expect(
            try images(text.replacing(#",{"image":"*"}"#, with: "")) == [
                "4 docker.io/library/nginx:1", "5 quay.io/m/x:1",
            ]
        )
        #expect(try images(#"{"image":"a.lan/x:1"}"#) == ["1 a.lan/x:1"])
    }

    @Test func `a list has one image a line`() throws {
        let text = """
            # what we need
            nginx
              ghcr.io/org/web:1.2@\(Self.digest)   # pinned: so it stays
            a.lan:5000/x:1

            nginx:latest
            """
        let expected = [
            "2 docker.io/library/nginx:latest", "3 ghcr.io/org/web:1.2@\(Self.digest)", "4 a.lan:5000/x:1",
        ]
        #expect(try images(text) == expected)
        #expect(try images("\u{FEFF}" + text.replacing("\n", with: "\r\n")) == expected)
        #expect(try images("${HOST:-a.lan}/x:1") == ["1 a.lan/x:1"])
        #expect(try images("# nothing: here\n\n") == [])
        #expect(try images("") == [])
    }

    @Test(arguments: [
        (
            "image: {{ .Values.image }}",
            ["1:8: image: a template is not filled in; take what `helm template` makes of it"]
        ),
        (
            "a: 1\nimage: {{ .Values.a }}:{{ .Values.b }}",
            ["2:8: a template is not filled in; take what `helm template` makes of it"]
        ),
        (
            "{{- if .Values.x }}\na: 1\n{{- end }}",
            ["1:1: a template is not filled in; take what `helm template` makes of it"]
        ),
        (
            "image: '{{ .Values.a }}'",
            [
                "1:8: image: \"{{ .Values.a }}\" is not filled in; take what `helm template`, `docker compose config` or "
                    + "`envsubst` makes of the file"
            ]
        ),
    ])
    func `a template that is not filled in is told with its place`(_ text: String, _ expected: [String]) {
        #expect(mistakes(text) == expected)
    }

    @Test(arguments: [
        "a:$TAG", "a:${TAG}", "a:${TAG:?needed}", "a:${TAG:+x}", "a:${TAG:-", "a:${:-x}", "a:$", "a:${TAG:-${OTHER}}",
        String(repeating: "${A:-", count: 9) + "x" + String(repeating: "}", count: 9),
    ])
    func `a variable without a default is told, wherever it stands`(_ reference: String) {
        for text in ["containers: [{ image: '\(reference)' }]", "spec:\n  image: '\(reference)'", reference] {
            let lines = mistakes(text)
            #expect(lines.count == 1)
            #expect(lines.allSatisfy { $0.contains("is not filled in") }, "\(lines)")
        }
    }

    @Test func `all mistakes of a file are told, in its order`() {
        let text = """
            containers:
            - image: Upper/case
            - image: "a.lan/x:"
            ---
            a: [
            ---
            services: { web: { image: "a b" } }
            volumes: [{ image: { reference: "a.lan/" } }]
            """
        #expect(
            mistakes(text).map { String($0.prefix { $0 != "," }) } == [
                "2:10: containers[0].image: cannot read the address \"Upper/case\"",
                "3:10: containers[1].image: cannot read the address \"a.lan/x:\"",
                "6:1: this is not YAML: did not find expected node content",
                "7:27: services.web.image: cannot read the address \"a b\"",
                "8:33: volumes[0].image.reference: cannot read the address \"a.lan/\"",
            ]
        )
        #expect(
            mistakes("a b\nnginx\n$X\nUpper\n").map { String($0.prefix { $0 != "," && $0 != ";" }) } == [
                "1:3: something follows the reference",
                "3:1: \"$X\" is not filled in", "4:1: cannot read the address \"Upper\"",
            ]
        )
        #expect(mistakes(String(repeating: "Upper\n", count: 1000)).count == ImageFile.maximumMistakes)
    }

    @Test func `a key that stands twice hides nothing`() throws {
        let text = """
            metadata: { labels: { app: a, app: b } }
            containers:
            - image: a.lan/x:1
              image: a.lan/x:2
            """
        #expect(try images(text) == ["3 a.lan/x:1", "4 a.lan/x:2"])
        let volumes = """
            volumes:
            - image: { reference: a.lan/x:1, reference: a.lan/x:2 }
            - image: { reference: a.lan/x:3 }
            """
        #expect(try images(volumes) == ["2 a.lan/x:1", "2 a.lan/x:2", "3 a.lan/x:3"])
    }

    @Test(arguments: ["app:1", "2048:1", "1:1:1:1:1:1:1:1:1:1:1:1", "999999999999999999:1", "nan:1"])
    func `what old YAML takes for a number to the base of sixty is a text`(_ text: String) {
        // Read or refused, but neither passed over nor the end of the program.
        let file = try? ImageFile(Array("containers:\n- image: \(text)\n".utf8), name: "f")
        #expect(file?.images.count ?? 1 == 1)
    }

    @Test func `the image ID in the status of a pod is no reference`() throws {
        let text = """
            kind: Pod
            spec: { containers: [{ image: 'a.lan/x:1' }] }
            status: { containerStatuses: [{ image: '\(Self.digest)', imageID: '\(Self.digest)' }] }
            """
        let file = try ImageFile(Array(text.utf8), name: "f")
        #expect(file.images.map { "\($0.address)" } == ["a.lan/x:1"])
        #expect(file.warnings.isEmpty)
        #expect(mistakes("containers:\n- image: \(Self.digest)\n").count == 1)
    }

    @Test func `aliases that would stand for more than any memory holds cost nothing`() throws {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...60 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(alias), \(alias), \(alias), \(alias)]\n"
        }
        // As a key, it would have to be hashed.
        text += "? [*a60]\n: { image: nginx }\n*a60 : x\n"
        #expect(try images(text) == ["63 docker.io/library/nginx:latest"])
    }

    @Test func `a text is bounded in bytes, depth and images`() throws {
        let large = String(repeating: "#", count: ImageFile.maximumSize) + "\n"
        #expect(mistakes(large) == ["1:1: the file has more than \(ImageFile.maximumSize) bytes"])
        let deep = "a: \(String(repeating: "[", count: 300))\(String(repeating: "]", count: 300))"
        #expect(mistakes(deep) == ["1:260: values stand more than 256 deep in each other"])
        #expect(mistakes("a: \(String(repeating: "[", count: 100_000))").count == 1)
        let list = Array("a.lan/x:1\na.lan/x:2\na.lan/x:2\na.lan/x:3\n".utf8)
        #expect(try ImageFile(list, name: "f", limit: 3).images.count == 3)
        let error = #expect(throws: ConfigMistakes.self) { try ImageFile(list, name: "f", limit: 2) }
        #expect(try ConfigWording.lines(for: #require(error)) == ["f:4:1: there are more than 2 images"])
        #expect(throws: ConfigMistakes.self) { try ImageFile([0x61, 0xFF], name: "f") }
    }

    @Test(arguments: [
        ("a: 1", true), ("a:\n  b", true), ("# x\n- a", true), ("---", true), ("[a]", true), ("{}", true),
        ("%YAML 1.2", true),
        ("a:1", false), ("a.lan:5000/x", false), ("# a: b", false), ("a # b: c", false), ("--a", false), ("-a", false),
        ("", false),
    ])
    func `what a text is, its content tells`(_ text: String, isYAML: Bool) {
        #expect(ImageText.isYAML(Array(text.utf8)) == isYAML)
    }
}
