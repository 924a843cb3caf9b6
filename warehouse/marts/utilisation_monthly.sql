-- Grain: month × part of the nation. Letter, figures 1, 3 and 6. Bounds are those of the cumulative amount incl. extra.
with month_bounds as (
    select scenario, part, month, lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur
    from lake.forecast_bounds
    where level = 'national' and period = 'cumulative'
),
final as (
    select
        months.delivery_month, months.budget_year, months.scenario, months.month, months.part, months.state,
        months.declared_month_eur, months.completed_month_eur, months.month_eur,
        months.expected_cumulative_eur, months.expected_cumulative_incl_extra_eur, months.budget_eur,
        month_bounds.lower_80_eur, month_bounds.upper_80_eur, month_bounds.lower_95_eur, month_bounds.upper_95_eur
    from lake.utilisation_months as months
    left join month_bounds
        on month_bounds.scenario = months.scenario and month_bounds.part = months.part
        and month_bounds.month = months.month
)
select * from final
