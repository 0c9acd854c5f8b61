"""The command line: one file per noun. Output, exit codes and the joining of the rooms live here only."""
