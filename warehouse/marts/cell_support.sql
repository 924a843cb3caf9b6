-- Grain: part × level (one cell of the report); Landelijk is a total. Internal: says what rests on few providers.
with final as (
    select
        delivery_month, budget_year, scenario, level, part, wlz_uitvoerder, zorgkantoorregio, prestatiegroep,
        prestatiecode, providers_count, holders_count, suppression
    from lake.cell_support
)
select * from final
