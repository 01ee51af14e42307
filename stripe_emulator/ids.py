"""Ids as Stripe makes them: a prefix that says what it is, and random letters and digits."""

import random
import string

ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
	"""An id by chance, in Stripe's form: `pi_` and letters and digits."""
	return f"{prefix}_{''.join(random.choices(ALPHABET, k=length))}"
