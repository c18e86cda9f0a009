"""Port to the short-lived processes that evaluate what a repository brought along."""
