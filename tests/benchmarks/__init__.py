"""How fast hwsolve is, as ratios to other programs in the same run: `make bench`."""
