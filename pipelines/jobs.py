"""The one job: an advice for a delivery month, from the landing zone to the published database."""

import dagster as dg

monthly_advice = dg.define_asset_job(
    "monthly_advice",
    selection=dg.AssetSelection.all(),
    description="Takes in the deliveries of a month, computes the advice and publishes it.",
    # A delivery that is refused stops the run before anything is published; the retry rests on the last accepted one.
    tags={"dagster/max_retries": "1", "dagster/retry_strategy": "ALL_STEPS"},
)
