"""Saved cards and bank accounts: adding, verifying, the default, removing, and what they pay with.

`cards` and `bank_accounts` follow what Stripe reports; `saved_method` has what both have in common; `ownership` lets
nobody use another user's.
"""
