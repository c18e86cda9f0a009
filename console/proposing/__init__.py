"""The page on which a change is proposed: what may be changed, what was typed, and what it would do."""
