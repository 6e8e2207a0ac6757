"""Hidden structures: what is hidden about each unit, over any family."""
