"""The rules of capacity planning: pure values and functions, no input or output."""
