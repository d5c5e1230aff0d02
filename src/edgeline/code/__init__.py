"""What the project's code does, known by a digest that no rename, comment or docstring changes."""
