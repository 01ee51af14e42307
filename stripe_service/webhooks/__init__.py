"""What Stripe tells us unasked.

An event is verified, stored and answered in the request (`intake`), and worked on in a job from the stored rows
(`drain`), by the one function that its type names (`handlers`). No event is believed: each handler takes only ids
from it and reads the object from Stripe, so that duplicates, old events and any order end in the same state.
"""
