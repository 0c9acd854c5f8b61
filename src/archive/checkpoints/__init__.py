"""Every checkpoint that was ever signed, and whose keys signed them."""
