"""How a wanted change becomes exactly one pull request, and is followed until it is in force."""
