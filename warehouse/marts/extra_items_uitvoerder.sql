-- Grain: wlz_uitvoerder; Landelijk is the total. Letter, table 4 and figure 5. An item nothing is known of is empty.
with per_uitvoerder as (
    select
        delivery_month, budget_year, scenario, wlz_uitvoerder, item, item_eur, item_method, flag,
        delivered_lag_ratio, derived_lag_ratio,
        case when item_method = 'left_out' then claims_forecast_eur end as left_out_claims_eur,
        case when item = 'meerzorg' then claims_forecast_eur end as meerzorg_claims_eur,
        ratio_year
    from lake.extra_items
),
final as (
    select
        delivery_month, budget_year, scenario,
        coalesce(wlz_uitvoerder, 'Landelijk') as wlz_uitvoerder,
        cast(sum(item_eur) filter (where item = 'crisisbedden') as decimal(18, 2)) as crisisbedden_eur,
        cast(sum(item_eur) filter (where item = 'na_ijl') as decimal(18, 2)) as na_ijl_eur,
        cast(sum(item_eur) filter (where item = 'meerzorg') as decimal(18, 2)) as meerzorg_eur,
        cast(
            coalesce(sum(item_eur) filter (where item not in ('crisisbedden', 'na_ijl', 'meerzorg')), 0)
            as decimal(18, 2)
        ) as other_items_eur,
        cast(coalesce(sum(item_eur), 0) as decimal(18, 2)) as extra_items_eur,
        cast(sum(left_out_claims_eur) as decimal(18, 2)) as left_out_claims_eur,
        cast(sum(meerzorg_claims_eur) as decimal(18, 2)) as meerzorg_claims_eur,
        string_agg(distinct item || ': ' || item_method, '; ' order by item || ': ' || item_method) as item_methods,
        min(ratio_year) as ratio_year,
        -- one ratio per uitvoerder; the nation has none of its own
        case when wlz_uitvoerder is not null then max(delivered_lag_ratio) end as delivered_lag_ratio,
        case when wlz_uitvoerder is not null then max(derived_lag_ratio) end as derived_lag_ratio,
        case
            when wlz_uitvoerder is not null
                then string_agg(distinct item || ': ' || flag, '; ' order by item || ': ' || flag)
        end as flag
    from per_uitvoerder
    group by grouping sets (
        (delivery_month, budget_year, scenario, wlz_uitvoerder), (delivery_month, budget_year, scenario)
    )
)
select * from final
