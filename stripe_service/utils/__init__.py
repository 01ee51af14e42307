"""What every package may use: transactions, masking, labels, messages, notices. Nothing here knows a payment."""
