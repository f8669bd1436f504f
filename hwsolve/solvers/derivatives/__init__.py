"""The parts of the derivative solver: what is asked, the derivation, its lines, its values, and a second opinion."""
