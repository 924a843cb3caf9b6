-- Grain: zorgkantoor × zorgaanbieder × prestatie × unit × care month. Internal: names providers.
with final as (
    select
        delivery_month, delivery_id, zorgkantoor_code, agb_code, prestatiecode, unit_code, care_month, volume,
        amount_eur, volume_factor, check_id
    from lake.claim_unit_corrections
)
select * from final
