"""Makes the shared fixtures known everywhere, also to the DocTypes' own tests inside the app."""

pytest_plugins = ["tests.support.fixtures"]
