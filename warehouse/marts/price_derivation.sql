-- Grain: prestatie × wlz_uitvoerder. Letter, table 7 and figure 12.
with final as (
    select prices.*, codes.in_base
    from lake.prices as prices
    left join lake.code_list as codes on codes.prestatiecode = prices.prestatiecode
)
select * from final
