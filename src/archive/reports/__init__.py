"""The yearly report in the statutory forms: forms as data, the figure of each cell, checks, the report as one structure."""
