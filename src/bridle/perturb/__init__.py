"""What training does to rows before the forward pass; held-out rows never come here."""
