"""Receiving Stripe webhooks.

An event is verified, stored and answered in the request (`receive`), and processed in a job from the stored rows
(`process`), by the one function that its type names (`handlers`); what never arrived is fetched from Stripe's list
(`fetch`). No event is believed: each handler takes only ids from it and reads the object from Stripe, so that
duplicates, old events and any order end in the same state.
"""
