"""Many runs and what may be concluded from them: sweeps, walk-forward, Monte Carlo, overfitting statistics."""
