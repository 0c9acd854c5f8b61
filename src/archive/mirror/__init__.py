"""A mirror: somebody else's log, followed by its files alone, every byte of it verified before it is kept."""
