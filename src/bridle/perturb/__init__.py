"""What training does to rows and targets before the forward pass; held-out rows never come here."""
