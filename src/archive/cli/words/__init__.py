"""Words for the person who types commands, one file a noun."""
