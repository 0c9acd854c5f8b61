"""What is handed out whole: the log as static files, and all that an auditor needs in one file."""
