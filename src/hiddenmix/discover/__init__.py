"""Knowledge discovery: what a clustering found, whether its components are clusters, and what makes them different."""
