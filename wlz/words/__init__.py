"""What every room says the same way: names, units, dates, faults. Nothing here knows a stage."""
