"""From files to commands: every error of a file in one pass, then all of it happens or nothing."""
