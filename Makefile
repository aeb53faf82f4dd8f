.PHONY: build test lint format example bench

build:
	swift build --product mirror

test:
	Scripts/test

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

format:
	swift format --in-place --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

example:
	Scripts/example

bench:
	swift build -c release --package-path Benchmarks
	for workload in many medium big; do Benchmarks/.build/release/workbench compare $$workload; done
