"""Solving: Pyomo to arrays, the only door to the solver, decomposition, certificate."""
