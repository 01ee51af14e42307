"""Saved cards and bank accounts: adding, verifying, the default, removing, and what they pay with.

What one card or bank account does stands on its controller (DocTypes Saved Card and Stripe Bank Account), whose base is
`saved_method`. `cards` and `bank_accounts` add and list them, `brands` says which cards are taken, `ownership` lets nobody use
another user's.
"""
