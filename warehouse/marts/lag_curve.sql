-- Grain: wlz_uitvoerder × prestatiegroep × lag in months, of a usual month of the year.
with final as (
    select
        delivery_month, budget_year, scenario, wlz_uitvoerder, prestatiegroep, lag_months, completeness_ratio,
        lower_80_ratio, upper_80_ratio, lower_95_ratio, upper_95_ratio, link_ratio, credibility_ratio,
        link_ratios_count, excluded_count, curve_level, drift_ratio, drift_t_ratio
    from lake.lag_curve
)
select * from final
