"""What the commands in scripts/ share. Plain Python 3.10, nothing to install: it runs before anything is set up."""
