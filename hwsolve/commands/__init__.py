"""The commands of the command line: what each takes, and which part of hwsolve it calls."""
