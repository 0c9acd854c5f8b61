"""The only room that knows the log's database."""
