"""Disposable tables, folded from the log: one file for each projection, with its tables, its fold and its reads."""
