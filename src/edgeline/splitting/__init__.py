"""Cutting a network into parts that several devices run, where a plan says it pays."""
