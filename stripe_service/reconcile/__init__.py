"""Compare the site with Stripe and repair what was missed.

Webhooks get lost, workers are killed between two lines, and people act in the Stripe Dashboard. The reconciler repairs
what it can by the same two functions as everything else: `settle`, which writes what Stripe reports, and
`release.cancel`, which cancels at Stripe before it frees an amount. What it can't decide becomes a Stripe
Reconciliation Finding, with its reason.

- `schedule`: which step runs when, for each account by itself
- `sweep`: open payments, claims without a PaymentIntent, abandoned forms; read from this site's own rows
- `comparison`: Stripe's list of PaymentIntents against the payments, both ways
- `unknown_intents`: PaymentIntents of this site that no payment points to
- `findings`: what an administrator has to decide
"""
