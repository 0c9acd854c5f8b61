"""The catalogue at one position as files: comma-separated values, lines of JSON, a sheet; a manifest beside each."""
