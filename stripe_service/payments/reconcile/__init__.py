"""Finding what nobody told us.

Webhooks get lost, workers are killed between two lines, and people act on Stripe's dashboard. The reconciler compares
what the site believes with what Stripe has, and puts right what it can by the same two functions as everything else:
`settle`, which writes what Stripe reports, and `release.cancel`, which cancels at Stripe before it frees an amount.
What it can't decide it shows to an administrator, once, as a Stripe Reconciliation Finding with its reason.

- `sweep`: open payments, claims without a PaymentIntent, abandoned forms; all of it from this site's own rows
- `comparison`: Stripe's list of PaymentIntents against the payments, both ways
- `strays`: PaymentIntents of this site that no payment points to
- `findings`: what is shown, and when it is over
- `run`: which of these when, for each account by itself
"""
