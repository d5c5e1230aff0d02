"""What is claimed of a thing, what it came from, and how that is proven."""
