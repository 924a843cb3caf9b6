-- Grain: engine × level × horizon in months; empty is the year.
with final as (
    select
        delivery_month, budget_year, scenario, engine, level, horizon_months, origins_count, units_count,
        wape_ratio, bias_ratio, mase_ratio, coverage_80_ratio, coverage_95_ratio, interval_score_95_ratio
    from lake.backtest
)
select * from final
