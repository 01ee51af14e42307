"""The pay form alone, on a page of its own, against the emulator: for its browser tests, and to look at it where
Frappe cannot be had.

The form, its styles and the door to Stripe are the app's own files. What is missing without Frappe (documents, users,
permissions, webhooks, a database) is kept in memory here, in the shapes of the app's api/pay.py, and no more of it than
the form can show. Nothing here is part of the app, and no rule about money may rest on it.

	python -m stripe_emulator.pay_form_page --port 12300 --stripe http://127.0.0.1:12100
"""

DEFAULT_PORT = 12300
