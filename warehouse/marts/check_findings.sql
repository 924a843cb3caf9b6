-- Grain: finding of a check on the delivery it judged, all months.
with final as (
    select
        delivery_month, check_id, checked_table, delivery_id, finding_number, wlz_uitvoerder, zorgkantoor_code, agb_code,
        observed, findings_count, at_stake_eur
    from lake.check_findings
)
select * from final
