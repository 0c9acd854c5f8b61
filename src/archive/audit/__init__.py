"""The audit: everything is recomputed from the entries and compared with what is kept, and named questions are asked."""
