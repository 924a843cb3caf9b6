"""Forecasts of any panel of months, and how sure they are. No care, no euro, no table of ours; imports no stage."""
