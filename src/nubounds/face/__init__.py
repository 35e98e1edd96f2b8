"""What Python users hold in their hands: a constraint as an object, and its limits."""
