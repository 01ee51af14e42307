"""The pay form alone, on a page of its own, against the emulator: for its browser tests, and to look at it where
Frappe cannot be had.

The form, its styles and the gateway to Stripe are the app's own files. What it is answered was recorded from the app's API
(answers.py). Invoices are kept in memory; payments, saved cards and bank accounts are the emulator's. Nothing here is part of
the app, and no rule about money may rest on it.

	python -m stripe_emulator.pay_form_page --port 12300 --stripe http://127.0.0.1:12100
"""

DEFAULT_PORT = 12300
