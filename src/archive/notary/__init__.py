"""Who signs the log: only what goes on from what was signed last."""
