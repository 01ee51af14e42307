"""A saved method that pays automatically what becomes due, where its payer has agreed to it.

`agreements` begins and ends such a permission (Automatic Payment), `planning` finds what becomes due and announces it,
`paying` pays it by the same claim and charge as a person's payment, `schedule` is the job that runs both. Each document has a
row (Scheduled Payment) that is committed before anybody is told and before anything is charged.
"""
