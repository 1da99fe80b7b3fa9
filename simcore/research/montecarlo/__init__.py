"""Monte Carlo: what else could have come of a strategy. Draws, models, paths through the engine, bands."""
