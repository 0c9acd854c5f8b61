"""The public GraphQL interface: read only, one file per capability. Everything is read at one position."""
