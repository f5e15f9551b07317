"""What is made of the sources for those who install them: see `make dist`."""
