"""The only room that knows the log's database: rows by position, one writer at a time, and what SQLite says in our words."""
