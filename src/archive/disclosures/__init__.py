"""Openings: salt and value of sealed text. A row may be erased; nothing that is counted depends on it."""
