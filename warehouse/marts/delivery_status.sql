-- Grain: claims delivery × wlz_uitvoerder (Landelijk: the delivery as a whole), all months. Internal.
with final as (
    select
        delivery_month, delivery_id, wlz_uitvoerder, delivery_status, delivery_state, received_on, due_on, is_on_time,
        rows_count, amount_eur, completeness_ratio, late_months, findings_count, blocks_count, at_stake_eur
    from lake.delivery_status
)
select * from final
