"""Benchmarks: what Dateline costs, side by side with others. Nothing here is a test."""
