"""What the planner needs from outside: one small Protocol per file, its docstring is the contract."""
