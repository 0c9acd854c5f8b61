"""The public web site: GraphQL over HTTP, the page, the explorer, health. Nothing here writes, and nothing calls out."""
