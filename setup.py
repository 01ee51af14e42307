# bench reads an app's name from here where it does not read pyproject.toml; pip and uv ignore this file.
from setuptools import setup

setup(name="stripe_service")
