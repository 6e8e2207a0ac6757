"""The EM engine: it maps, merges and maximises, and knows no model."""
