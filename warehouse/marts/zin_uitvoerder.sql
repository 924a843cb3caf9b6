-- Grain: wlz_uitvoerder; Landelijk is the total. Letter, table 3 and figure 4.
with final as (
    select
        delivery_month, budget_year, scenario, wlz_uitvoerder, declared_to_date_eur,
        expected_excl_extra_eur, expected_eur, budget_eur, available_eur, available_ratio,
        lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur
    from lake.utilisation
    where level in ('uitvoerder', 'national') and part = 'zin'
)
select * from final
