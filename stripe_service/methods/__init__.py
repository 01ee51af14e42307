"""Saved cards and bank accounts: what a payer may pay with again.

A PaymentMethod belongs to one Customer at Stripe and a mandate to who gave it; neither can be lent. So every call
here starts from a row whose user is the caller (`ownership`), and Stripe's word on the object is final: rows follow
what is read from Stripe, never the other way round.

Stands between `payments`, which asks `payment_params` what to charge with, and `gateway`.
"""

from stripe_service.methods.saved import payment_params as payment_params
