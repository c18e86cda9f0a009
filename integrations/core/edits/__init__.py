"""A wanted change → the smallest change of files that says it."""
