"""Benchmarks: ratios against rivals in one run, each with a correctness check beside it."""
