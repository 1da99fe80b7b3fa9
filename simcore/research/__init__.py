"""Many runs and what may be concluded from them: sweeps, walk-forward, cross-validation, Monte Carlo, causality."""
