"""What a data card says, as a page for people."""
