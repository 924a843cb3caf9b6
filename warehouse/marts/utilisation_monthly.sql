-- Grain: month × part of the nation. Letter, figures 1, 3 and 6.
with final as (
    select
        delivery_month, budget_year, scenario, month, part, state, month_eur,
        expected_cumulative_eur, expected_cumulative_incl_extra_eur, budget_eur,
        cast(null as decimal(18, 2)) as lower_80_eur, cast(null as decimal(18, 2)) as upper_80_eur,
        cast(null as decimal(18, 2)) as lower_95_eur, cast(null as decimal(18, 2)) as upper_95_eur
    from lake.utilisation_months
)
select * from final
