"""What a rule and a finding are, and how a rule is judged."""
