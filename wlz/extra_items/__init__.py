"""Stage extra_items: what is paid for the year but does not show in the forecast of claims. Letter, A.1.2 and A.2.2."""
