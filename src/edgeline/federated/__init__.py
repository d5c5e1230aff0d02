"""Learning from data that stay where they are: what devices do, and what is made of it."""
