"""What one advice may see before anything is computed: rounds, deliveries, scenarios, assumptions."""
