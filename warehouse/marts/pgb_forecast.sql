-- Grain: zorgkantoorregio × month. Letter, figure 13.
with month_bounds as (
    select scenario, zorgkantoorregio, month, lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur
    from lake.forecast_bounds
    where part = 'pgb' and level = 'region' and period = 'month'
),
final as (
    select
        pgb.delivery_month, pgb.budget_year, pgb.scenario, pgb.zorgkantoorregio, pgb.wlz_uitvoerder, pgb.month,
        pgb.granted_stand_eur, pgb.forecast_stand_eur,
        month_bounds.lower_80_eur, month_bounds.upper_80_eur, month_bounds.lower_95_eur, month_bounds.upper_95_eur,
        pgb.model
    from lake.pgb as pgb
    left join month_bounds
        on month_bounds.scenario = pgb.scenario and month_bounds.zorgkantoorregio = pgb.zorgkantoorregio
        and month_bounds.month = pgb.month
)
select * from final
