"""What is not cleared: persons and waiting texts, encrypted under a key for each subject."""
