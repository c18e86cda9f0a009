"""The port to the forges: pull requests, reviews and commit statuses. Commits travel by `git push`, not by these."""
