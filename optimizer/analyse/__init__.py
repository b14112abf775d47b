"""From what the solver said to what a planner reads: tidy tables, prices, shares of power."""
