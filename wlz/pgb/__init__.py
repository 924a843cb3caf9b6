"""Stage pgb: stands of granted budgets, forecast to December, as points and as paths."""
