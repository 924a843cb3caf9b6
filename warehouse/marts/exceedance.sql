-- Grain: wlz_uitvoerder × part; Landelijk is the nation, both is zin and pgb after transfers.
with final as (
    select
        delivery_month, budget_year, scenario, wlz_uitvoerder, part, budget_eur, exceedance_ratio,
        expected_shortfall_eur, kader_for_80_eur, kader_for_95_eur, needed_for_80_eur, needed_for_95_eur
    from lake.exceedance
)
select * from final
