"""What must hold: rules as declarations, suites that follow from contracts, quarantine of rows.

Metrics are computed in Polars; Great Expectations judges the small metrics frames (``judging/runner.py``, the only
module that imports it). No numbers of the advice are computed here and nothing is written.
"""
