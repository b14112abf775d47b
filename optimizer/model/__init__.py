"""The laws: one function per equation. Pyomo is imported only by the modules that write models."""
