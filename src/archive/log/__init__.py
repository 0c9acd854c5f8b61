"""What stored rows mean: entries, their canonical bytes, the seals they carry, and the log that holds them."""
