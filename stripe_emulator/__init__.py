"""A Stripe that can be made to misbehave: a development server for this app's tests and demo.

No local Stripe server covers what the app needs (bank debits, micro-deposits, ConfirmationTokens, real
idempotency and webhooks), so the repo holds one. It stands outside the app package and is never installed
on a site. How to run, control and extend it: docs/emulator.md.
"""

DEFAULT_PORT = 12100
DEFAULT_API_VERSION = "2026-10-28.endive"
