"""What `initialization` is made of: an activation in pieces, its moments, the derivation, and a simulation beside it."""
