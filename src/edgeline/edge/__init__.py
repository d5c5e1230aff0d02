"""What a device installs: it opens artifacts, runs them, and says which model decided."""
