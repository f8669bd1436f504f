"""What `initialization` is made of: an activation in pieces, its moments, the derivation, the simulation beside it."""
