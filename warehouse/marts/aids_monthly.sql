-- Grain: kind of aid × month of the budget year. Letter, figure 9.
with final as (
    select delivery_month, budget_year, scenario, aid_kind, month, declared_eur, forecast_eur, cumulative_eur, reserve_eur, model
    from lake.aids
)
select * from final
