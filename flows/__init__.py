"""Stories: what happens in which order, a screen each. Steps live in `tasks`, knowledge in `edgeline`."""
